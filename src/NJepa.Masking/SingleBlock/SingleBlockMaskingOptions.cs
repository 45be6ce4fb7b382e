namespace NJepa.Masking;

/// <summary>
/// One large target block per image; everything else is visible. The defaults are those of the "block" row of I-JEPA's comparison of masking strategies.
/// </summary>
public sealed record SingleBlockMaskingOptions : MaskingOptions
{
    /// <summary>Smallest area of the target block as a share of the grid's.</summary>
    /// <value>The default is 0.6.</value>
    /// <remarks>Greater than 0, at most <see cref="TargetScaleMax"/>.</remarks>
    public double TargetScaleMin { get; init; } = 0.6;

    /// <summary>Largest area of the target block as a share of the grid's.</summary>
    /// <value>The default is 0.6.</value>
    /// <remarks>At least <see cref="TargetScaleMin"/>, at most 1; the block may be neither larger than the grid nor as large.</remarks>
    public double TargetScaleMax { get; init; } = 0.6;

    /// <summary>Smallest height of the target block divided by its width.</summary>
    /// <value>The default is 0.75.</value>
    /// <remarks>Greater than 0, at most <see cref="TargetAspectRatioMax"/>.</remarks>
    public double TargetAspectRatioMin { get; init; } = 0.75;

    /// <summary>Largest height of the target block divided by its width.</summary>
    /// <value>The default is 1.5.</value>
    /// <remarks>At least <see cref="TargetAspectRatioMin"/>, finite.</remarks>
    public double TargetAspectRatioMax { get; init; } = 1.5;

    internal BlockShape TargetShape => new(TargetScaleMin, TargetScaleMax, TargetAspectRatioMin, TargetAspectRatioMax);

    /// <inheritdoc/>
    public override IMaskSampler CreateSampler(PatchGrid grid) => new SingleBlockMaskSampler(grid, this);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate(PatchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var problems = new List<string>();
        OptionChecks.ScaleRange(problems, "TargetScale", TargetScaleMin, TargetScaleMax);
        OptionChecks.AspectRatioRange(problems, "TargetAspectRatio", TargetAspectRatioMin, TargetAspectRatioMax);
        if (problems.Count == 0)
        {
            MultiBlockRules.AddTargetSizeProblems(problems, TargetShape, singleDraw: false, grid);
        }

        return problems;
    }
}
