namespace NJepa.Masking;

/// <summary>How large the context block may be, before it loses the patches of the targets.</summary>
public enum ContextSize
{
    /// <summary>Up to the whole grid. Its proportions are the grid's, so that its scale is reached on grids that are not square.</summary>
    Corrected,

    /// <summary>A square with sides shorter than the grid's, as in the I-JEPA reference code: always 13 x 13 on a 14 x 14 grid.</summary>
    Reference,
}
