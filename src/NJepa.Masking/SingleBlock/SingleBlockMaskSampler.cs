namespace NJepa.Masking;

/// <summary>Masks of one target block per image: its size is drawn once per step, its place for each image, and all other patches are visible.</summary>
public sealed class SingleBlockMaskSampler : IMaskSampler
{
    /// <summary>A sampler for a grid.</summary>
    /// <param name="grid">The patches of the images.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">The options cannot be used on the grid. The message lists every problem.</exception>
    public SingleBlockMaskSampler(PatchGrid grid, SingleBlockMaskingOptions options)
    {
        MaskingOptions.ThrowIfInvalid(options, grid);
        Grid = grid;
        Options = options;
    }

    /// <inheritdoc/>
    public PatchGrid Grid { get; }

    /// <summary>The settings.</summary>
    public SingleBlockMaskingOptions Options { get; }

    /// <inheritdoc/>
    /// <value>1.</value>
    public int TargetBlocks => 1;

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices) => Sample(seed, step, sampleIndices, 0, sampleIndices.Length);

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, int start, int count)
    {
        SampleArguments.Check(step, sampleIndices, start, count);
        var sizeRandom = CounterRandom.Create(seed, RandomPurpose.MaskSize, step);
        BlockSize size = Options.TargetShape.Independent(sizeRandom.NextDouble(), sizeRandom.NextDouble(), Grid);
        var places = new BlockPlaces(Grid, BlockPositions.Corrected);
        int visible = Grid.Count - size.Area;
        int[] contexts = SampleArguments.Rows(count, visible);
        int[] targets = SampleArguments.Rows(count, size.Area);
        var bits = new ulong[PatchBits.WordsFor(Grid)];
        var all = new PatchBlock(0, 0, Grid.Rows, Grid.Columns);
        for (int row = 0; row < count; row++)
        {
            var random = CounterRandom.Create(seed, RandomPurpose.MaskPosition, step, sampleIndices[start + row]);
            PatchBlock block = places.Draw(size, ref random);
            PatchBits.SetBlock(bits, Grid.Columns, all);
            PatchBits.ClearBlock(bits, Grid.Columns, block);
            PatchBits.WriteLowest(bits, contexts.AsSpan(row * visible, visible));
            PatchBits.WriteBlock(block, Grid.Columns, targets.AsSpan(row * size.Area, size.Area));
        }

        return MaskBatch.Trusted(Grid, count, TargetBlocks, contexts, targets);
    }
}
