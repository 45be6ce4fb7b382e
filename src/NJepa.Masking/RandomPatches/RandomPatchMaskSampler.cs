namespace NJepa.Masking;

/// <summary>Masks of patches drawn one by one without replacement: K visible ones, and one target block of all others.</summary>
public sealed class RandomPatchMaskSampler : IMaskSampler
{
    /// <summary>A sampler for a grid.</summary>
    /// <param name="grid">The patches of the images.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">The options cannot be used on the grid.</exception>
    public RandomPatchMaskSampler(PatchGrid grid, RandomPatchMaskingOptions options)
    {
        MaskingOptions.ThrowIfInvalid(options, grid);
        Grid = grid;
        Options = options;
    }

    /// <inheritdoc/>
    public PatchGrid Grid { get; }

    /// <summary>The settings.</summary>
    public RandomPatchMaskingOptions Options { get; }

    /// <inheritdoc/>
    /// <value>1.</value>
    public int TargetBlocks => 1;

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices) => Sample(seed, step, sampleIndices, 0, sampleIndices.Length);

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, int start, int count)
    {
        SampleArguments.Check(step, sampleIndices, start, count);
        int visible = Options.VisiblePatches(Grid);
        int hidden = Grid.Count - visible;
        int[] contexts = SampleArguments.Rows(count, visible);
        int[] targets = SampleArguments.Rows(count, hidden);
        var bits = new ulong[PatchBits.WordsFor(Grid)];
        var all = new PatchBlock(0, 0, Grid.Rows, Grid.Columns);
        for (int row = 0; row < count; row++)
        {
            var random = CounterRandom.Create(seed, RandomPurpose.MaskPosition, step, sampleIndices[start + row]);
            Span<int> context = contexts.AsSpan(row * visible, visible);
            PatchBits.SetBlock(bits, Grid.Columns, all);
            PatchBits.WriteRandomSubset(bits, Grid.Count, context, ref random);
            foreach (int patch in context)
            {
                bits[patch >> 6] &= ~(1UL << (patch & 63));
            }

            PatchBits.WriteLowest(bits, targets.AsSpan(row * hidden, hidden));
        }

        return MaskBatch.Trusted(Grid, count, TargetBlocks, contexts, targets);
    }
}
