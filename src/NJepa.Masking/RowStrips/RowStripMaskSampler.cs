namespace NJepa.Masking;

/// <summary>Masks of M strips of whole rows. Strips do not overlap, every arrangement is equally likely, and the first block is the topmost.</summary>
public sealed class RowStripMaskSampler : IMaskSampler
{
    /// <summary>A sampler for a grid.</summary>
    /// <param name="grid">The patches of the images.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">The options cannot be used on the grid. The message lists every problem.</exception>
    public RowStripMaskSampler(PatchGrid grid, RowStripMaskingOptions options)
    {
        MaskingOptions.ThrowIfInvalid(options, grid);
        Grid = grid;
        Options = options;
    }

    /// <inheritdoc/>
    public PatchGrid Grid { get; }

    /// <summary>The settings.</summary>
    public RowStripMaskingOptions Options { get; }

    /// <inheritdoc/>
    public int TargetBlocks => Options.TargetBlocks;

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices) => Sample(seed, step, sampleIndices, 0, sampleIndices.Length);

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, int start, int count)
    {
        SampleArguments.Check(step, sampleIndices, start, count);
        int height = Options.StripHeight(Grid);
        int area = height * Grid.Columns;
        int visible = Grid.Count - (TargetBlocks * area);
        int[] contexts = SampleArguments.Rows(count, visible);
        int[] targets = SampleArguments.Rows(count, Grid.Count - visible);
        var bits = new ulong[PatchBits.WordsFor(Grid)];
        var all = new PatchBlock(0, 0, Grid.Rows, Grid.Columns);

        // Shrunk to one row each, the strips are M of these places: every choice of M of them is one arrangement.
        int places = Grid.Rows - (TargetBlocks * (height - 1));
        var placeBits = new ulong[(places + 63) >> 6];
        PatchBits.SetBlock(placeBits, places, new PatchBlock(0, 0, 1, places));
        var chosen = new int[TargetBlocks];
        for (int row = 0; row < count; row++)
        {
            var random = CounterRandom.Create(seed, RandomPurpose.MaskPosition, step, sampleIndices[start + row]);
            PatchBits.WriteRandomSubset(placeBits, places, chosen, ref random);
            PatchBits.SetBlock(bits, Grid.Columns, all);
            for (int block = 0; block < TargetBlocks; block++)
            {
                var strip = new PatchBlock(chosen[block] + (block * (height - 1)), 0, height, Grid.Columns);
                PatchBits.ClearBlock(bits, Grid.Columns, strip);
                PatchBits.WriteBlock(strip, Grid.Columns, targets.AsSpan(((row * TargetBlocks) + block) * area, area));
            }

            PatchBits.WriteLowest(bits, contexts.AsSpan(row * visible, visible));
        }

        return MaskBatch.Trusted(Grid, count, TargetBlocks, contexts, targets);
    }
}
