using System.Buffers;

namespace NJepa.Masking;

/// <summary>
/// Multi-block masks (I-JEPA section 3, N-JEPA section 3). The size of the target blocks and of the context block is drawn once per step, positions are
/// drawn for each image and block, the context loses what the targets cover, and all contexts are cut to the shortest of the whole step (K).
/// </summary>
/// <remarks>
/// Where the targets leave an image fewer than <see cref="MultiBlockMaskingOptions.MinKeep"/> visible patches, all its blocks are placed again, up to
/// <see cref="MaxRedraws"/> times. After that the context and one target block after the other move as far apart as the grid allows until enough is visible, which
/// validation has made sure of. So sampling always ends. With the paper's settings even the first redraw is rare.
/// </remarks>
public sealed class MultiBlockMaskSampler : IMaskSampler
{
    /// <summary>How often the blocks of one image are placed again before they are moved apart instead.</summary>
    /// <value>100.</value>
    public const int MaxRedraws = 100;

    private const int TargetSizeStream = 0;
    private const int ContextSizeStream = 1;

    private readonly BlockPlaces _places;

    /// <summary>A sampler for a grid.</summary>
    /// <param name="grid">The patches of the images.</param>
    /// <param name="options">The settings; <see cref="MultiBlockMasking.Paper"/> if in doubt.</param>
    /// <exception cref="ArgumentException">The options cannot be used on the grid. The message lists every problem.</exception>
    public MultiBlockMaskSampler(PatchGrid grid, MultiBlockMaskingOptions options)
    {
        MaskingOptions.ThrowIfInvalid(options, grid);
        Grid = grid;
        Options = options;
        _places = new BlockPlaces(grid, options.BlockPositions);
    }

    /// <inheritdoc/>
    public PatchGrid Grid { get; }

    /// <summary>The settings.</summary>
    public MultiBlockMaskingOptions Options { get; }

    /// <inheritdoc/>
    public int TargetBlocks => Options.TargetBlocks;

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices) => Sample(seed, step, sampleIndices, 0, sampleIndices.Length);

    /// <inheritdoc/>
    public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, int start, int count)
    {
        SampleArguments.Check(step, sampleIndices, start, count);
        BlockSize target = DrawTargetSize(seed, step);
        BlockSize context = DrawContextSize(seed, step);
        int words = PatchBits.WordsFor(Grid);
        int[] targets = SampleArguments.Rows(count, (long)TargetBlocks * target.Area);
        int perImage = TargetBlocks * target.Area;

        // One row of bits for each image to emit and one that the others share: those matter for K alone.
        ulong[] rented = ArrayPool<ulong>.Shared.Rent((count + 1) * words);
        int[] kept = ArrayPool<int>.Shared.Rent(count);
        Span<PatchBlock> blocks = TargetBlocks <= 32 ? stackalloc PatchBlock[TargetBlocks] : new PatchBlock[TargetBlocks];
        int shortest = int.MaxValue;
        for (int i = 0; i < sampleIndices.Length; i++)
        {
            int row = i - start;
            bool emitted = (uint)row < (uint)count;
            Span<ulong> visible = rented.AsSpan((emitted ? row : count) * words, words);
            var random = CounterRandom.Create(seed, RandomPurpose.MaskPosition, step, sampleIndices[i]);
            int visibleCount = Place(context, target, blocks, visible, ref random);
            shortest = Math.Min(shortest, visibleCount);
            if (emitted)
            {
                kept[row] = visibleCount;
                WriteTargets(blocks, targets.AsSpan(row * perImage, perImage));
            }
        }

        int[] contexts = SampleArguments.Rows(count, shortest);
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<ulong> visible = rented.AsSpan(row * words, words);
            Span<int> destination = contexts.AsSpan(row * shortest, shortest);
            if (kept[row] == shortest || Options.ContextCut == ContextCut.Reference)
            {
                PatchBits.WriteLowest(visible, destination);
            }
            else
            {
                var random = CounterRandom.Create(seed, RandomPurpose.MaskCut, step, sampleIndices[start + row]);
                PatchBits.WriteRandomSubset(visible, kept[row], destination, ref random);
            }
        }

        ArrayPool<ulong>.Shared.Return(rented);
        ArrayPool<int>.Shared.Return(kept);
        return MaskBatch.Trusted(Grid, count, TargetBlocks, contexts, targets);
    }

    /// <summary>Height and width of the target blocks of a step.</summary>
    internal BlockSize DrawTargetSize(ulong seed, long step)
    {
        var random = CounterRandom.Create(seed, RandomPurpose.MaskSize, step, TargetSizeStream);
        return Options.BlockSizeDraw == BlockSizeDraw.Reference
            ? Options.TargetShape.SingleDraw(random.NextDouble(), Grid)
            : Options.TargetShape.Independent(random.NextDouble(), random.NextDouble(), Grid);
    }

    /// <summary>Height and width of the context block of a step.</summary>
    internal BlockSize DrawContextSize(ulong seed, long step)
    {
        var random = CounterRandom.Create(seed, RandomPurpose.MaskSize, step, ContextSizeStream);
        return Options.ContextSize == ContextSize.Reference
            ? Options.ContextShape.SingleDraw(random.NextDouble(), Grid)
            : Options.ContextShape.LikeGrid(random.NextDouble(), Grid);
    }

    /// <summary>Places the blocks of one image; returns how many patches stay visible.</summary>
    private int Place(BlockSize contextSize, BlockSize targetSize, Span<PatchBlock> targets, Span<ulong> visible, ref CounterRandom random)
    {
        for (int attempt = 0; attempt <= MaxRedraws; attempt++)
        {
            PatchBlock context = _places.Draw(contextSize, ref random);
            for (int block = 0; block < targets.Length; block++)
            {
                targets[block] = _places.Draw(targetSize, ref random);
            }

            int count = Uncover(context, targets, visible);
            if (count >= Options.MinKeep)
            {
                return count;
            }
        }

        return MoveApart(contextSize, targetSize, targets, visible, ref random);
    }

    private int MoveApart(BlockSize contextSize, BlockSize targetSize, Span<PatchBlock> targets, Span<ulong> visible, ref CounterRandom random)
    {
        (PatchBlock context, PatchBlock farthest) = _places.Farthest(contextSize, targetSize, (uint)random.NextUInt64());
        int count = Uncover(context, targets, visible);
        for (int block = targets.Length - 1; block >= 0 && count < Options.MinKeep; block--)
        {
            targets[block] = farthest;
            count = Uncover(context, targets, visible);
        }

        return count;
    }

    private int Uncover(PatchBlock context, ReadOnlySpan<PatchBlock> targets, Span<ulong> visible)
    {
        visible.Clear();
        PatchBits.SetBlock(visible, Grid.Columns, context);
        foreach (PatchBlock target in targets)
        {
            PatchBits.ClearBlock(visible, Grid.Columns, target);
        }

        return PatchBits.Count(visible);
    }

    private void WriteTargets(ReadOnlySpan<PatchBlock> blocks, Span<int> destination)
    {
        int area = blocks[0].Area;
        for (int block = 0; block < blocks.Length; block++)
        {
            PatchBits.WriteBlock(blocks[block], Grid.Columns, destination.Slice(block * area, area));
        }
    }
}
