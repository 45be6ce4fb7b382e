namespace NJepa.Masking.Tests;

/// <summary>The sizes that validation reckons with against those that drawing gives.</summary>
public sealed class PossibleSizesTests
{
    private static readonly PatchGrid[] s_grids = [new(14, 14), new(8, 8), new(5, 5), new(7, 20), new(30, 11)];

    private static readonly BlockShape[] s_shapes =
    [
        new(0.15, 0.2, 0.75, 1.5),
        new(0.1, 0.1, 1, 1),
        new(0.02, 0.3, 1, 1),
        new(0.2, 0.2, 0.4, 1.2),
        new(0.005, 0.05, 0.5, 2),
        new(0.85, 1.0, 1, 1),
    ];

    [Fact]
    public void Single_draw_sizes_are_those_that_occur()
    {
        Compare((shape, grid) => PossibleSizes.SingleDraw(shape, grid), (shape, grid, draw) => [shape.SingleDraw(draw, grid)]);
    }

    [Fact]
    public void Grid_like_sizes_are_those_that_occur()
    {
        Compare((shape, grid) => PossibleSizes.LikeGrid(shape, grid), (shape, grid, draw) => [shape.LikeGrid(draw, grid)]);
    }

    [Fact]
    public void Independent_sizes_are_those_that_occur()
    {
        Compare(
            (shape, grid) => PossibleSizes.Independent(shape, grid),
            (shape, grid, draw) => Enumerable.Range(0, 241).Select(i => shape.Independent(draw, i / 240.0, grid)),
            points: 241);
    }

    private static void Compare(
        Func<BlockShape, PatchGrid, List<BlockSize>> possible, Func<BlockShape, PatchGrid, double, IEnumerable<BlockSize>> occurring, int points = 50_001)
    {
        foreach (PatchGrid grid in s_grids)
        {
            foreach (BlockShape shape in s_shapes)
            {
                (double height, double width) = shape.LongestSides(grid, wholeArea: false);
                if (height > grid.Rows || width > grid.Columns)
                {
                    continue;
                }

                var sizes = new HashSet<BlockSize>();
                for (int i = 0; i < points; i++)
                {
                    sizes.UnionWith(occurring(shape, grid, (double)i / (points - 1)));
                }

                possible(shape, grid).Should().BeEquivalentTo(sizes, "of {0} on {1}", shape, grid);
                possible(shape, grid).Select(size => size.Area).Should().BeInAscendingOrder();
            }
        }
    }
}
