namespace NJepa.Masking;

/// <summary>
/// Multi-block masking (I-JEPA section 3, N-JEPA section 3): M target blocks that may overlap each other, and one large context block that loses every patch that a
/// target covers. The defaults are the papers' numbers with the <c>Corrected</c> choices; <see cref="MultiBlockMasking"/> has presets.
/// </summary>
public sealed record MultiBlockMaskingOptions : MaskingOptions
{
    /// <summary>Target blocks per image (M).</summary>
    /// <value>The default is 4.</value>
    /// <remarks>At least 1.</remarks>
    public int TargetBlocks { get; init; } = 4;

    /// <summary>Smallest area of a target block as a share of the grid's.</summary>
    /// <value>The default is 0.15.</value>
    /// <remarks>Greater than 0, at most <see cref="TargetScaleMax"/>.</remarks>
    public double TargetScaleMin { get; init; } = 0.15;

    /// <summary>Largest area of a target block as a share of the grid's.</summary>
    /// <value>The default is 0.2.</value>
    /// <remarks>At least <see cref="TargetScaleMin"/>, at most 1; no block may be larger than the grid, nor as large.</remarks>
    public double TargetScaleMax { get; init; } = 0.2;

    /// <summary>Smallest height of a target block divided by its width.</summary>
    /// <value>The default is 0.75.</value>
    /// <remarks>Greater than 0, at most <see cref="TargetAspectRatioMax"/>.</remarks>
    public double TargetAspectRatioMin { get; init; } = 0.75;

    /// <summary>Largest height of a target block divided by its width.</summary>
    /// <value>The default is 1.5.</value>
    /// <remarks>At least <see cref="TargetAspectRatioMin"/>, finite.</remarks>
    public double TargetAspectRatioMax { get; init; } = 1.5;

    /// <summary>Smallest area of the context block, before the targets are taken out, as a share of the grid's.</summary>
    /// <value>The default is 0.85.</value>
    /// <remarks>Greater than 0, at most <see cref="ContextScaleMax"/>.</remarks>
    public double ContextScaleMin { get; init; } = 0.85;

    /// <summary>Largest area of the context block, before the targets are taken out, as a share of the grid's.</summary>
    /// <value>The default is 1.</value>
    /// <remarks>At least <see cref="ContextScaleMin"/>, at most 1.</remarks>
    public double ContextScaleMax { get; init; } = 1.0;

    /// <summary>Fewest visible patches of an image. Where the targets leave fewer, the blocks of that image are drawn again.</summary>
    /// <value>The default is 10.</value>
    /// <remarks>At least 1. <see cref="Validate"/> says which values can work on a grid.</remarks>
    public int MinKeep { get; init; } = 10;

    /// <summary>How the size of the target blocks is drawn.</summary>
    /// <value>The default is <see cref="Masking.BlockSizeDraw.Corrected"/>.</value>
    public BlockSizeDraw BlockSizeDraw { get; init; } = BlockSizeDraw.Corrected;

    /// <summary>Where blocks may lie.</summary>
    /// <value>The default is <see cref="Masking.BlockPositions.Corrected"/>.</value>
    public BlockPositions BlockPositions { get; init; } = BlockPositions.Corrected;

    /// <summary>How large the context block may be.</summary>
    /// <value>The default is <see cref="Masking.ContextSize.Corrected"/>.</value>
    public ContextSize ContextSize { get; init; } = ContextSize.Corrected;

    /// <summary>Which patches a context loses when it is cut to the shortest of the step.</summary>
    /// <value>The default is <see cref="Masking.ContextCut.Random"/>.</value>
    public ContextCut ContextCut { get; init; } = ContextCut.Random;

    internal BlockShape TargetShape => new(TargetScaleMin, TargetScaleMax, TargetAspectRatioMin, TargetAspectRatioMax);

    internal BlockShape ContextShape => new(ContextScaleMin, ContextScaleMax, 1, 1);

    /// <inheritdoc/>
    public override IMaskSampler CreateSampler(PatchGrid grid) => new MultiBlockMaskSampler(grid, this);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate(PatchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        return MultiBlockRules.ProblemsOf(this, grid);
    }
}
