namespace NJepa.Masking.Tests;

public sealed class MultiBlockMaskingOptionsTests
{
    private static readonly PatchGrid s_grid = new(14, 14);

    [Fact]
    public void The_defaults_are_the_numbers_of_the_paper()
    {
        var options = new MultiBlockMaskingOptions();

        options.TargetBlocks.Should().Be(4);
        options.TargetScaleMin.Should().Be(0.15);
        options.TargetScaleMax.Should().Be(0.2);
        options.TargetAspectRatioMin.Should().Be(0.75);
        options.TargetAspectRatioMax.Should().Be(1.5);
        options.ContextScaleMin.Should().Be(0.85);
        options.ContextScaleMax.Should().Be(1.0);
        options.MinKeep.Should().Be(10);
        options.BlockSizeDraw.Should().Be(BlockSizeDraw.Corrected);
        options.BlockPositions.Should().Be(BlockPositions.Corrected);
        options.ContextSize.Should().Be(ContextSize.Corrected);
        options.ContextCut.Should().Be(ContextCut.Random);
        MultiBlockMasking.Paper.Should().Be(options);
        MultiBlockMaskSampler.MaxRedraws.Should().Be(100);
    }

    [Fact]
    public void The_reference_preset_has_every_reference_choice()
    {
        MultiBlockMasking.Reference.Should().Be(MultiBlockMasking.Paper with
        {
            BlockSizeDraw = BlockSizeDraw.Reference,
            BlockPositions = BlockPositions.Reference,
            ContextSize = ContextSize.Reference,
            ContextCut = ContextCut.Reference,
        });
    }

    [Theory]
    [InlineData(14, 14)]
    [InlineData(16, 16)]
    [InlineData(8, 8)]
    [InlineData(4, 4)]
    [InlineData(7, 12)]
    [InlineData(256, 256)]
    public void The_paper_preset_is_valid_on_ordinary_grids(int rows, int columns) =>
        MultiBlockMasking.Paper.Validate(new PatchGrid(rows, columns)).Should().BeEmpty();

    [Fact]
    public void Options_create_their_sampler()
    {
        IMaskSampler sampler = MultiBlockMasking.Paper.CreateSampler(s_grid);

        sampler.Should().BeOfType<MultiBlockMaskSampler>().Which.Options.Should().BeSameAs(MultiBlockMasking.Paper);
        sampler.Grid.Should().BeSameAs(s_grid);
        sampler.TargetBlocks.Should().Be(4);
    }

    [Fact]
    public void All_problems_are_reported_together()
    {
        var options = new MultiBlockMaskingOptions
        {
            TargetBlocks = 0,
            TargetScaleMin = double.NaN,
            TargetScaleMax = 1.5,
            TargetAspectRatioMin = 0,
            TargetAspectRatioMax = double.PositiveInfinity,
            ContextScaleMin = 0.9,
            ContextScaleMax = 0.5,
            MinKeep = -1,
            BlockSizeDraw = (BlockSizeDraw)7,
            BlockPositions = (BlockPositions)(-1),
            ContextSize = (ContextSize)2,
            ContextCut = (ContextCut)3,
        };

        options.Validate(s_grid).Should().Equal(
            "TargetBlocks is 0; it must be at least 1, or there is nothing to predict.",
            "TargetScaleMin is NaN; it must be greater than 0 and at most 1, a share of the grid's area.",
            "TargetScaleMax is 1.5; it must be greater than 0 and at most 1, a share of the grid's area.",
            "TargetAspectRatioMin is 0; it must be a finite number greater than 0, height divided by width.",
            "TargetAspectRatioMax is Infinity; it must be a finite number greater than 0, height divided by width.",
            "ContextScaleMin is 0.9, greater than ContextScaleMax, which is 0.5; exchange them or make them equal.",
            "MinKeep is -1; it must be at least 1, or there is nothing to predict from.",
            "BlockSizeDraw is 7; it must be Corrected or Reference.",
            "BlockPositions is -1; it must be Corrected or Reference.",
            "ContextSize is 2; it must be Corrected or Reference.",
            "ContextCut is 3; it must be Random or Reference.");
    }

    [Fact]
    public void A_sampler_refuses_options_with_every_problem_in_its_message()
    {
        Action create = () => _ = new MultiBlockMaskSampler(s_grid, MultiBlockMasking.Paper with { TargetBlocks = 0, MinKeep = 0 });

        create.Should().Throw<ArgumentException>().WithMessage(
            "MultiBlockMaskingOptions cannot be used on a 14 x 14 grid:\n"
            + "- TargetBlocks is 0; it must be at least 1, or there is nothing to predict.\n"
            + "- MinKeep is 0; it must be at least 1, or there is nothing to predict from. (Parameter 'options')");
    }

    [Fact]
    public void Missing_arguments_are_refused()
    {
        ((Action)(() => _ = new MultiBlockMaskSampler(null!, MultiBlockMasking.Paper))).Should().Throw<ArgumentNullException>().WithParameterName("grid");
        ((Action)(() => _ = new MultiBlockMaskSampler(s_grid, null!))).Should().Throw<ArgumentNullException>().WithParameterName("options");
        ((Action)(() => MultiBlockMasking.Paper.Validate(null!))).Should().Throw<ArgumentNullException>().WithParameterName("grid");
    }

    [Fact]
    public void Target_blocks_larger_than_the_grid_are_refused()
    {
        Problem(MultiBlockMasking.Paper with { TargetScaleMax = 0.95 }, s_grid).Should().Be(
            "Target blocks can be up to 17 patches high and 16 wide, larger than the 14 x 14 grid (TargetScaleMax is 0.95, aspect ratios are 0.75 to 1.5). Lower TargetScaleMax or bring the aspect ratios nearer to 1.");
        Problem(MultiBlockMasking.Reference with { TargetScaleMax = 0.95 }, s_grid).Should().StartWith("Target blocks can be up to 17 patches high");
        Problem(MultiBlockMasking.Paper with { TargetAspectRatioMax = 1e12 }, s_grid).Should().StartWith("Target blocks can be up to 6260990 patches high and 7 wide");
        Problem(MultiBlockMasking.Paper, new PatchGrid(1, 16)).Should().StartWith("Target blocks can be up to 2 patches high and 2 wide, larger than the 1 x 16 grid");
    }

    [Fact]
    public void A_target_block_that_is_the_whole_grid_is_refused()
    {
        var options = MultiBlockMasking.Paper with { TargetScaleMin = 0.9, TargetScaleMax = 1, TargetAspectRatioMin = 1, TargetAspectRatioMax = 1 };

        Problem(options, s_grid).Should().Be(
            "A target block can cover the whole 14 x 14 grid, which leaves nothing to predict it from (TargetScaleMax is 1). Lower TargetScaleMax.");
    }

    [Fact]
    public void The_loop_of_the_reference_on_a_small_grid_is_refused_with_what_works()
    {
        Problem(MultiBlockMasking.Reference, new PatchGrid(8, 8)).Should().Be(
            "MinKeep is 10, but with BlockSizeDraw.Reference a target block must hold more patches than that, and the smallest has 3 x 3 = 9. The largest MinKeep that works on the 8 x 8 grid with these options is 8.");
        (MultiBlockMasking.Reference with { MinKeep = 8 }).Validate(new PatchGrid(8, 8)).Should().BeEmpty();
    }

    [Fact]
    public void A_context_that_can_never_keep_enough_is_refused_with_what_works()
    {
        // A 13 x 13 context and a 6 x 7 block in opposite corners share 5 x 6 patches.
        Problem(MultiBlockMasking.Paper with { MinKeep = 140 }, s_grid).Should().Be(
            "MinKeep is 140, but a context of 13 x 13 patches keeps at most 139 beside target blocks of 6 x 7. The largest MinKeep that works on the 14 x 14 grid with these options is 139.");
        (MultiBlockMasking.Paper with { MinKeep = 139 }).Validate(s_grid).Should().BeEmpty();
        Problem(MultiBlockMasking.Paper, new PatchGrid(3, 3)).Should().Be(
            "MinKeep is 10, but a context of 3 x 3 patches keeps at most 7 beside target blocks of 1 x 2. The largest MinKeep that works on the 3 x 3 grid with these options is 7.");
    }

    [Fact]
    public void Where_no_MinKeep_works_the_message_says_so()
    {
        Problem(MultiBlockMasking.Reference, new PatchGrid(2, 2)).Should().Be(
            "MinKeep is 10, but with BlockSizeDraw.Reference a target block must hold more patches than that, and the smallest has 0 x 0 = 0. No MinKeep works on the 2 x 2 grid with these options; use a finer grid or other scales.");
    }

    [Fact]
    public void Reference_choices_need_a_grid_with_room_for_a_smaller_block()
    {
        Problem(MultiBlockMasking.Reference, new PatchGrid(1, 30)).Should().Be(
            "With BlockSizeDraw.Reference or ContextSize.Reference blocks are smaller than the grid, so the 1 x 30 grid has no room for one. Use the Corrected choices.");
    }

    private static string Problem(MultiBlockMaskingOptions options, PatchGrid grid) => options.Validate(grid)[0];
}
