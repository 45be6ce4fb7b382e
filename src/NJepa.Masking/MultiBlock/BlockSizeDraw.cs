namespace NJepa.Masking;

/// <summary>How the size of the target blocks is drawn. It is drawn once per step, so that all images have blocks of T patches.</summary>
public enum BlockSizeDraw
{
    /// <summary>Scale and aspect ratio are independent, as the papers describe them. A block may be as high or as wide as the grid.</summary>
    Corrected,

    /// <summary>
    /// One uniform number gives both scale and aspect ratio, as in the I-JEPA reference code: large blocks are tall ones, and only five sizes occur on a 14 x 14 grid
    /// (7 x 5: 36 %, 5 x 6: 27 %, 6 x 6: 21 %, 6 x 5: 13 %, 8 x 5: 3 %). The sides stay shorter than the grid's, and a block must hold more than
    /// <see cref="MultiBlockMaskingOptions.MinKeep"/> patches, without which the reference never returns.
    /// </summary>
    Reference,
}
