namespace NJepa.Masking.Tests;

public sealed class MaskBatchTests
{
    private static readonly PatchGrid s_grid = new(3, 4);

    private static MaskBatch Example() => new(s_grid, 2, 2, [0, 8, 11, 3, 4, 8], [1, 2, 5, 6, 5, 6, 9, 10, 0, 1, 2, 3, 6, 7, 10, 11]);

    [Fact]
    public void Lengths_and_rows_follow_from_the_arrays()
    {
        MaskBatch batch = Example();

        batch.Grid.Should().BeSameAs(s_grid);
        batch.BatchSize.Should().Be(2);
        batch.ContextLength.Should().Be(3);
        batch.TargetBlocks.Should().Be(2);
        batch.TargetLength.Should().Be(4);
        batch.ContextOf(1).ToArray().Should().Equal(3, 4, 8);
        batch.TargetOf(0, 1).ToArray().Should().Equal(5, 6, 9, 10);
        batch.TargetOf(1, 0).ToArray().Should().Equal(0, 1, 2, 3);
        batch.ToString().Should().Be("2 images on a 3 x 4 grid: 3 visible patches, 2 target blocks of 4");
    }

    [Fact]
    public void A_mask_is_drawn_as_text()
    {
        Example().Draw(0).Should().Be(
            """
            o 1 1 .
            . * * .
            o 2 2 o
            """);
        MaskBatch.Legend.Should().Be("o visible to the student, 1 2 3 ... target block, * several target blocks, . neither");
    }

    [Fact]
    public void Many_blocks_are_drawn_with_letters_and_then_with_a_sign()
    {
        var grid = new PatchGrid(2, 20);
        var batch = new MaskBatch(grid, 1, 38, [39], [.. Enumerable.Range(0, 38)]);

        batch.Draw(0).Should().Be("1 2 3 4 5 6 7 8 9 A B C D E F G H I J K\nL M N O P Q R S T U V W X Y Z # # # . o");
    }

    [Fact]
    public void Images_and_blocks_outside_the_batch_are_refused()
    {
        ((Action)(() => Example().ContextOf(2))).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("There is no image 2; it must be 0 to 1. (Parameter 'image')");
        ((Action)(() => Example().TargetOf(0, -1))).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("There is no block -1; it must be 0 to 1. (Parameter 'block')");
        ((Action)(() => Example().Draw(-1))).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("There is no image -1; it must be 0 to 1. (Parameter 'image')");
    }

    [Theory]
    [InlineData(0, 1, new[] { 0 }, new[] { 1 }, "batchSize is 0; it must be at least 1. (Parameter 'batchSize')")]
    [InlineData(1, 0, new[] { 0 }, new[] { 1 }, "targetBlocks is 0; it must be at least 1. (Parameter 'targetBlocks')")]
    [InlineData(2, 1, new[] { 0, 1, 2 }, new[] { 1, 2 }, "context has 3 entries for 2 images; it must have the same number, at least 1, for each of them. (Parameter 'context')")]
    [InlineData(1, 1, new int[0], new[] { 1 }, "context has 0 entries for 1 images; it must have the same number, at least 1, for each of them. (Parameter 'context')")]
    [InlineData(1, 2, new[] { 0 }, new[] { 1, 2, 3 }, "targets has 3 entries for 2 target blocks; it must have the same number, at least 1, for each of them. (Parameter 'targets')")]
    [InlineData(1, 1, new[] { 12 }, new[] { 1 }, "context[0] is patch 12; the 3 x 4 grid has patches 0 to 11. (Parameter 'context')")]
    [InlineData(1, 1, new[] { 0 }, new[] { 2, 2 }, "targets[1] is patch 2 after patch 2; the patches of a row of 2 must ascend. Sort them and leave out doubles. (Parameter 'targets')")]
    public void Arrays_that_are_no_masks_are_refused(int batchSize, int blocks, int[] context, int[] targets, string message)
    {
        Action create = () => _ = new MaskBatch(s_grid, batchSize, blocks, context, targets);

        create.Should().Throw<ArgumentException>().Which.Message.Should().Be(message);
    }

    [Fact]
    public void More_rows_than_an_int_counts_are_refused_like_any()
    {
        Action make = () => _ = new MaskBatch(new PatchGrid(2, 2), 65536, 65536, new int[65536], new int[65536]);
        make.Should().Throw<ArgumentException>().WithMessage("targets has 65536 entries for 4294967296 target blocks; *");
    }

    [Fact]
    public void Missing_arrays_are_refused()
    {
        ((Action)(() => _ = new MaskBatch(null!, 1, 1, [0], [1]))).Should().Throw<ArgumentNullException>();
        ((Action)(() => _ = new MaskBatch(s_grid, 1, 1, null!, [1]))).Should().Throw<ArgumentNullException>();
        ((Action)(() => _ = new MaskBatch(s_grid, 1, 1, [0], null!))).Should().Throw<ArgumentNullException>();
    }
}
