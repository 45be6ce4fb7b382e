namespace NJepa.Masking;

/// <summary>
/// Every block size that a rule of <see cref="BlockShape"/> can give, so that settings are refused when they are made and not at the step that first draws an
/// unlucky size. A size that only the very edge of a range gives counts as possible. The smallest area comes first.
/// </summary>
internal static class PossibleSizes
{
    // Slack in logarithms of lengths: far above rounding errors, far below any difference that matters.
    private const double Slack = 1e-12;

    /// <summary>Sizes of <see cref="BlockShape.Independent"/>, which the caller knows to fit into the grid.</summary>
    public static List<BlockSize> Independent(BlockShape shape, PatchGrid grid)
    {
        // With u and v the sides before rounding, uv is the area and u / v the aspect ratio: in logarithms all bounds are straight lines.
        var area = new Interval(Math.Log(grid.Count * shape.ScaleMin), Math.Log(grid.Count * shape.ScaleMax));
        var aspect = new Interval(Math.Log(shape.AspectRatioMin), Math.Log(shape.AspectRatioMax));

        // Sides half-way between two numbers belong to neither here, or a fixed aspect ratio of 1 would seem to give 2 x 3. Only the ends of the ranges can lie there.
        HashSet<BlockSize> sizes =
            [shape.Independent(0, 0, grid), shape.Independent(0, 1, grid), shape.Independent(1, 0, grid), shape.Independent(1, 1, grid)];
        for (int height = 1; height <= grid.Rows; height++)
        {
            for (int width = 1; width <= grid.Columns; width++)
            {
                if (Meet(RoundedTo(height), RoundedTo(width), area, aspect))
                {
                    sizes.Add(new BlockSize(height, width));
                }
            }
        }

        return Sorted(sizes);
    }

    /// <summary>Sizes of <see cref="BlockShape.SingleDraw"/>.</summary>
    public static List<BlockSize> SingleDraw(BlockShape shape, PatchGrid grid)
    {
        // Between two changes of the area or of a rounded side the size is constant, so one draw from each piece finds them all.
        var changes = new List<double> { 0, 1 };
        int first = (int)Math.Floor(grid.Count * shape.ScaleMin);
        int last = (int)Math.Floor(grid.Count * shape.ScaleMax);
        for (int area = first; area <= last; area++)
        {
            double from = area == first ? 0 : DrawOf((double)area / grid.Count, shape.ScaleMin, shape.ScaleMax);
            double to = area == last ? 1 : DrawOf((area + 1.0) / grid.Count, shape.ScaleMin, shape.ScaleMax);
            changes.Add(from);
            double low = shape.AspectRatio(from);
            double high = shape.AspectRatio(to);
            for (double half = Math.Floor(Math.Sqrt(area * low)) - 0.5; half <= Math.Sqrt(area * high) + 1; half++)
            {
                changes.Add(DrawOf(half * half / area, shape.AspectRatioMin, shape.AspectRatioMax));
            }

            for (double half = Math.Floor(Math.Sqrt(area / high)) - 0.5; half <= Math.Sqrt(area / low) + 1; half++)
            {
                changes.Add(DrawOf(area / (half * half), shape.AspectRatioMin, shape.AspectRatioMax));
            }
        }

        return OfPieces(changes, draw => shape.SingleDraw(draw, grid));
    }

    /// <summary>Sizes of <see cref="BlockShape.LikeGrid"/>.</summary>
    public static List<BlockSize> LikeGrid(BlockShape shape, PatchGrid grid)
    {
        var changes = new List<double> { 0, 1 };
        foreach (int side in new[] { grid.Rows, grid.Columns })
        {
            for (double half = 0.5; half < side; half++)
            {
                changes.Add(DrawOf(half * half / ((double)side * side), shape.ScaleMin, shape.ScaleMax));
            }
        }

        return OfPieces(changes, draw => shape.LikeGrid(draw, grid));
    }

    // The number in [0, 1] that gives a value of the range; anything else (a value outside, an empty range, 0 / 0) is clamped and changes nothing.
    private static double DrawOf(double value, double min, double max)
    {
        double draw = (value - min) / (max - min);
        return double.IsNaN(draw) ? 0 : Math.Clamp(draw, 0, 1);
    }

    private static List<BlockSize> OfPieces(List<double> changes, Func<double, BlockSize> sizeOf)
    {
        changes.Sort();
        var sizes = new HashSet<BlockSize> { sizeOf(0), sizeOf(1) };
        for (int i = 1; i < changes.Count; i++)
        {
            if (changes[i] - changes[i - 1] > Slack)
            {
                sizes.Add(sizeOf((changes[i - 1] + changes[i]) / 2));
            }
        }

        return Sorted(sizes);
    }

    private static List<BlockSize> Sorted(HashSet<BlockSize> sizes) => [.. sizes.OrderBy(size => size.Area).ThenBy(size => size.Height)];

    private static Interval RoundedTo(int side) =>
        new(side == 1 ? Math.Log(1e-300) : Math.Log(side - 0.5) + (2 * Slack), Math.Log(side + 0.5) - (2 * Slack));

    /// <summary>Whether some x and y in their intervals have x + y and x - y in theirs.</summary>
    private static bool Meet(Interval x, Interval y, Interval sum, Interval difference)
    {
        // The room left for y is a concave, piecewise linear function of x: its maximum is at an end or where two of its lines cross.
        Span<double> candidates =
        [
            x.Low, x.High,
            sum.Low - y.Low, sum.Low - y.High, sum.High - y.Low, sum.High - y.High,
            difference.Low + y.Low, difference.Low + y.High, difference.High + y.Low, difference.High + y.High,
            (sum.Low + difference.Low) / 2, (sum.Low + difference.High) / 2, (sum.High + difference.Low) / 2, (sum.High + difference.High) / 2,
        ];
        foreach (double candidate in candidates)
        {
            double at = Math.Clamp(candidate, x.Low, x.High);
            double low = Math.Max(y.Low, Math.Max(sum.Low - at, at - difference.High));
            double high = Math.Min(y.High, Math.Min(sum.High - at, at - difference.Low));
            if (high - low >= -Slack)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Interval(double Low, double High);
}
