using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>
/// Random masking as in masked autoencoders (MAE): a random share of the patches is visible, all others are the one target "block".
/// <see cref="RandomPatchMasking"/> has presets.
/// </summary>
public sealed record RandomPatchMaskingOptions : MaskingOptions
{
    /// <summary>Share of the patches that is visible; the number is rounded.</summary>
    /// <value>The default is 0.25.</value>
    /// <remarks>Between 0 and 1; at least one patch must be visible and at least one hidden.</remarks>
    public double ContextRatio { get; init; } = 0.25;

    /// <inheritdoc/>
    public override IMaskSampler CreateSampler(PatchGrid grid) => new RandomPatchMaskSampler(grid, this);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate(PatchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (!(ContextRatio > 0 && ContextRatio < 1))
        {
            return [Invariant($"ContextRatio is {ContextRatio}; it must be greater than 0 and less than 1, the share of the patches that is visible.")];
        }

        int visible = VisiblePatches(grid);
        return visible >= 1 && visible < grid.Count
            ? []
            : [Invariant($"ContextRatio is {ContextRatio}, which leaves {visible} of the {grid.Count} patches of the {grid} grid visible; at least 1 must be visible and at least 1 hidden.")];
    }

    internal int VisiblePatches(PatchGrid grid) => (int)Math.Round(grid.Count * ContextRatio);
}
