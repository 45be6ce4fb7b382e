using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>How images are masked: the settings of one kind of <see cref="IMaskSampler"/>. Whatever trains a model takes any of them.</summary>
/// <remarks>Derive from it, beside a sampler of your own, to train with masks that are not offered here.</remarks>
public abstract record MaskingOptions
{
    /// <summary>The sampler of these options for a grid.</summary>
    /// <param name="grid">The patches of the images.</param>
    /// <exception cref="ArgumentException">The options cannot be used on the grid. The message lists every problem.</exception>
    public abstract IMaskSampler CreateSampler(PatchGrid grid);

    /// <summary>Everything that is wrong with these options on a grid.</summary>
    /// <param name="grid">The patches of the images.</param>
    /// <returns>One sentence or more for each problem: the value, what is allowed, what to do. Empty if <see cref="CreateSampler"/> will succeed.</returns>
    public abstract IReadOnlyList<string> Validate(PatchGrid grid);

    internal static void ThrowIfInvalid(MaskingOptions options, PatchGrid grid)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(grid);
        IReadOnlyList<string> problems = options.Validate(grid);
        if (problems.Count > 0)
        {
            throw new ArgumentException(
                Invariant($"{options.GetType().Name} cannot be used on a {grid} grid:\n- ") + string.Join("\n- ", problems),
                nameof(options));
        }
    }
}
