namespace NJepa.Masking;

/// <summary>Presets of <see cref="MultiBlockMaskingOptions"/>.</summary>
public static class MultiBlockMasking
{
    /// <summary>
    /// The papers' multi-block masking (I-JEPA section 3; N-JEPA section 3): 4 target blocks of scale 0.15 to 0.2 and aspect ratio 0.75 to 1.5, a context
    /// of scale 0.85 to 1, at least 10 visible patches, blocks anywhere in the grid, random cut.
    /// </summary>
    public static MultiBlockMaskingOptions Paper { get; } = new();

    /// <summary>The same numbers as the I-JEPA reference code draws them, for comparing with it: every choice set to <c>Reference</c>.</summary>
    public static MultiBlockMaskingOptions Reference { get; } = new()
    {
        BlockSizeDraw = BlockSizeDraw.Reference,
        BlockPositions = BlockPositions.Reference,
        ContextSize = ContextSize.Reference,
        ContextCut = ContextCut.Reference,
    };
}
