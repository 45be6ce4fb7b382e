using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>Target blocks that are strips of whole rows, which never overlap; all other rows are visible.</summary>
public sealed record RowStripMaskingOptions : MaskingOptions
{
    /// <summary>Strips per image (M).</summary>
    /// <value>The default is 2.</value>
    /// <remarks>At least 1.</remarks>
    public int TargetBlocks { get; init; } = 2;

    /// <summary>Height of a strip as a share of the grid's rows; rounded, but at least one row.</summary>
    /// <value>The default is 0.25.</value>
    /// <remarks>Greater than 0, less than 1; the strips of an image must leave at least one row visible.</remarks>
    public double TargetScale { get; init; } = 0.25;

    /// <inheritdoc/>
    public override IMaskSampler CreateSampler(PatchGrid grid) => new RowStripMaskSampler(grid, this);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate(PatchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var problems = new List<string>();
        OptionChecks.AtLeastOne(problems, nameof(TargetBlocks), TargetBlocks, "or there is nothing to predict");
        if (!(TargetScale > 0 && TargetScale < 1))
        {
            problems.Add(Invariant($"TargetScale is {TargetScale}; it must be greater than 0 and less than 1, a share of the grid's rows."));
        }

        if (problems.Count == 0 && (long)TargetBlocks * StripHeight(grid) >= grid.Rows)
        {
            problems.Add(Invariant(
                $"TargetBlocks is {TargetBlocks} and TargetScale {TargetScale}: strips of height {StripHeight(grid)} leave none of the {grid.Rows} rows of the {grid} grid visible. Lower one of the two."));
        }

        return problems;
    }

    internal int StripHeight(PatchGrid grid) => Math.Max(1, (int)Math.Round(grid.Rows * TargetScale));
}
