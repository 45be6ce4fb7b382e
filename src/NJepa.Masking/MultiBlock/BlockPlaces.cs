namespace NJepa.Masking;

/// <summary>Where blocks of a step may lie on a grid.</summary>
internal readonly record struct BlockPlaces(PatchGrid Grid, BlockPositions Rule)
{
    public PatchBlock Draw(BlockSize size, ref CounterRandom random)
    {
        int top = random.NextInt(Tops(size));
        return size.At(top, random.NextInt(Lefts(size)));
    }

    /// <summary>
    /// Context and target as far from each other as their places allow. Overlap along an axis can only be smallest with one of them at the beginning and the other at the
    /// end; where both ways round are equally good, <paramref name="flips"/> chooses.
    /// </summary>
    public (PatchBlock Context, PatchBlock Target) Farthest(BlockSize context, BlockSize target, uint flips = 0)
    {
        (int contextTop, int targetTop) = Farthest(context.Height, Tops(context) - 1, target.Height, Tops(target) - 1, (flips & 1) != 0);
        (int contextLeft, int targetLeft) = Farthest(context.Width, Lefts(context) - 1, target.Width, Lefts(target) - 1, (flips & 2) != 0);
        return (context.At(contextTop, contextLeft), target.At(targetTop, targetLeft));
    }

    /// <summary>The most patches that a context can keep: all target blocks in the farthest place.</summary>
    public int MostKept(BlockSize context, BlockSize target)
    {
        (PatchBlock contextBlock, PatchBlock targetBlock) = Farthest(context, target);
        return context.Area - contextBlock.OverlapWith(targetBlock);
    }

    private static (int Context, int Target) Farthest(int contextSide, int contextLast, int targetSide, int targetLast, bool flip)
    {
        int contextFirst = Math.Max(0, Math.Min(contextSide, targetLast + targetSide) - targetLast);
        int targetFirst = Math.Max(0, Math.Min(targetSide, contextLast + contextSide) - contextLast);
        bool contextGoesFirst = contextFirst == targetFirst ? !flip : contextFirst < targetFirst;
        return contextGoesFirst ? (0, targetLast) : (contextLast, 0);
    }

    private int Tops(BlockSize size) => Count(Grid.Rows, size.Height);

    private int Lefts(BlockSize size) => Count(Grid.Columns, size.Width);

    private int Count(int side, int length) => Rule == BlockPositions.Corrected ? side - length + 1 : Math.Max(1, side - length);
}
