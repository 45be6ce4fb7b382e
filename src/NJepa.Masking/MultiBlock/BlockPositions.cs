namespace NJepa.Masking;

/// <summary>Where blocks may lie.</summary>
public enum BlockPositions
{
    /// <summary>Anywhere in the grid: the top row is uniform over 0 to H - h inclusive.</summary>
    Corrected,

    /// <summary>As in the I-JEPA reference code: the top row is uniform over 0 to H - h - 1, so that the last row and column are never reached.</summary>
    Reference,
}
