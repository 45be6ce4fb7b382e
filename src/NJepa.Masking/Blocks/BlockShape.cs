namespace NJepa.Masking;

/// <summary>The ranges that a block is drawn from: its share of the grid's area and its height divided by its width.</summary>
internal readonly record struct BlockShape(double ScaleMin, double ScaleMax, double AspectRatioMin, double AspectRatioMax)
{
    public double Scale(double draw) => ScaleMin + (draw * (ScaleMax - ScaleMin));

    public double AspectRatio(double draw) => AspectRatioMin + (draw * (AspectRatioMax - AspectRatioMin));

    /// <summary>
    /// Scale and aspect ratio drawn independently (I-JEPA section 3, N-JEPA section 3). Sides are rounded; a side of less than one patch becomes one. Validation sees
    /// to it that no side is longer than the grid's.
    /// </summary>
    public BlockSize Independent(double scaleDraw, double aspectDraw, PatchGrid grid)
    {
        double area = grid.Count * Scale(scaleDraw);
        double aspect = AspectRatio(aspectDraw);
        return new BlockSize(
            Math.Clamp(Round(Math.Sqrt(area * aspect)), 1, grid.Rows),
            Math.Clamp(Round(Math.Sqrt(area / aspect)), 1, grid.Columns));
    }

    /// <summary>The reference's rule: one number for both, a whole number of patches as area, and sides shorter than the grid's.</summary>
    public BlockSize SingleDraw(double draw, PatchGrid grid)
    {
        double area = Math.Floor(grid.Count * Scale(draw));
        double aspect = AspectRatio(draw);
        return new BlockSize(
            Math.Min(Round(Math.Sqrt(area * aspect)), grid.Rows - 1),
            Math.Min(Round(Math.Sqrt(area / aspect)), grid.Columns - 1));
    }

    /// <summary>
    /// A block with the proportions of the grid: aspect ratio 1 on a square grid, and on any other the only reading with which a scale near 1 is still reached.
    /// </summary>
    public BlockSize LikeGrid(double draw, PatchGrid grid)
    {
        double side = Math.Sqrt(Scale(draw));
        return new BlockSize(
            Math.Clamp(Round(grid.Rows * side), 1, grid.Rows),
            Math.Clamp(Round(grid.Columns * side), 1, grid.Columns));
    }

    /// <summary>The longest sides that can be asked for, before they are cut to the grid.</summary>
    public (double Height, double Width) LongestSides(PatchGrid grid, bool wholeArea)
    {
        double area = wholeArea ? Math.Floor(grid.Count * ScaleMax) : grid.Count * ScaleMax;
        return (Math.Round(Math.Sqrt(area * AspectRatioMax)), Math.Round(Math.Sqrt(area / AspectRatioMin)));
    }

    private static int Round(double side) => (int)Math.Round(side);
}
