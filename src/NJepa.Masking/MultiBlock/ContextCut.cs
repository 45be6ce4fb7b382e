namespace NJepa.Masking;

/// <summary>Which patches a context loses when it is cut to the shortest context of the step (K).</summary>
/// <remarks>With the paper's settings the cut takes 27 % of the visible patches at batch 16 and 38 % at batch 128, so it matters what it takes.</remarks>
public enum ContextCut
{
    /// <summary>Random ones; the rest stays in ascending order.</summary>
    Random,

    /// <summary>Those with the highest numbers, as in the I-JEPA reference code: always the bottom of the image.</summary>
    Reference,
}
