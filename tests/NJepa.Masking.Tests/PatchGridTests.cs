namespace NJepa.Masking.Tests;

public sealed class PatchGridTests
{
    [Fact]
    public void Patches_are_numbered_row_by_row()
    {
        var grid = new PatchGrid(3, 5);

        grid.Count.Should().Be(15);
        grid.IndexOf(0, 4).Should().Be(4);
        grid.IndexOf(2, 1).Should().Be(11);
        grid.RowOf(11).Should().Be(2);
        grid.ColumnOf(11).Should().Be(1);
        grid.ToString().Should().Be("3 x 5");
        grid.Should().Be(new PatchGrid(3, 5)).And.NotBe(new PatchGrid(5, 3));
    }

    [Fact]
    public void A_grid_follows_from_image_and_patch_size()
    {
        PatchGrid.ForImage(224, 16).Should().Be(new PatchGrid(14, 14));
        PatchGrid.ForImage(96, 64, 8).Should().Be(new PatchGrid(12, 8));
    }

    [Fact]
    public void Impossible_grids_are_refused()
    {
        Refused(() => new PatchGrid(0, 5), "A patch grid cannot have 0 rows; it must have 1 to 256. (Parameter 'Rows')");
        Refused(() => new PatchGrid(5, 257), "A patch grid cannot have 257 columns; it must have 1 to 256. (Parameter 'Columns')");
        Refused(() => PatchGrid.ForImage(224, 0), "A patch is 0 pixels wide; it must be at least 1. (Parameter 'patchSize')");
        Refused(() => PatchGrid.ForImage(0, 224, 16), "imageHeight is 0 pixels; it must be at least 1. (Parameter 'imageHeight')");
        Refused(() => PatchGrid.ForImage(224, 230, 16), "imageWidth is 230 pixels, which is not a whole number of patches of 16. Use a multiple of 16, such as 224. (Parameter 'imageWidth')");
    }

    [Fact]
    public void Places_outside_the_grid_are_refused()
    {
        var grid = new PatchGrid(3, 5);

        Refused(() => grid.IndexOf(3, 0), "Row 3, column 0 is outside the 3 x 5 grid; rows run from 0 to 2 and columns from 0 to 4. (Parameter 'row')");
        Refused(() => grid.IndexOf(0, -1), "Row 0, column -1 is outside the 3 x 5 grid; rows run from 0 to 2 and columns from 0 to 4. (Parameter 'column')");
        Refused(() => grid.RowOf(15), "There is no patch 15 in the 3 x 5 grid; patches run from 0 to 14. (Parameter 'patch')");
        Refused(() => grid.ColumnOf(-1), "There is no patch -1 in the 3 x 5 grid; patches run from 0 to 14. (Parameter 'patch')");
    }

    [Theory]
    [InlineData(0, 0, 3, 5, true)]
    [InlineData(1, 1, 2, 4, true)]
    [InlineData(1, 0, 3, 5, false)]
    [InlineData(0, 1, 3, 5, false)]
    [InlineData(-1, 0, 1, 1, false)]
    [InlineData(0, 0, 0, 1, false)]
    [InlineData(2, 0, int.MaxValue, 1, false)]
    public void A_grid_knows_which_blocks_it_contains(int top, int left, int height, int width, bool contained) =>
        new PatchGrid(3, 5).Contains(new PatchBlock(top, left, height, width)).Should().Be(contained);

    [Fact]
    public void A_block_knows_its_patches_and_its_overlap()
    {
        var block = new PatchBlock(2, 3, 6, 5);

        block.Area.Should().Be(30);
        block.Bottom.Should().Be(8);
        block.Right.Should().Be(8);
        block.Contains(2, 3).Should().BeTrue();
        block.Contains(7, 7).Should().BeTrue();
        block.Contains(8, 7).Should().BeFalse();
        block.Contains(7, 8).Should().BeFalse();
        block.Contains(1, 3).Should().BeFalse();
        block.OverlapWith(new PatchBlock(6, 7, 4, 4)).Should().Be(2);
        block.OverlapWith(new PatchBlock(8, 3, 4, 4)).Should().Be(0);
        block.OverlapWith(block).Should().Be(30);
        block.ToString().Should().Be("6 x 5 at row 2, column 3");
    }

    private static void Refused(Func<object> action, string message) =>
        action.Should().Throw<ArgumentException>().Which.Message.Should().Be(message);
}
