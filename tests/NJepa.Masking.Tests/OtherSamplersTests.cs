namespace NJepa.Masking.Tests;

public sealed class OtherSamplersTests
{
    private static readonly PatchGrid s_grid = new(14, 14);

    public static TheoryData<MaskingOptions, int, int, int, int> Complements() => new()
    {
        { RandomPatchMasking.Mae, 14, 14, 1, 147 },
        { RandomPatchMasking.Ablation, 14, 14, 1, 118 },
        { RandomPatchMasking.Mae, 5, 30, 1, 112 },
        { SingleBlockMasking.Ablation with { TargetAspectRatioMin = 1, TargetAspectRatioMax = 1 }, 14, 14, 1, 121 },
        { SingleBlockMasking.Ablation with { TargetScaleMin = 0.1, TargetScaleMax = 0.1, TargetAspectRatioMin = 1, TargetAspectRatioMax = 1 }, 10, 40, 1, 36 },
        { RowStripMasking.Default, 14, 14, 2, 56 },
        { RowStripMasking.Default with { TargetBlocks = 5, TargetScale = 0.1 }, 11, 6, 5, 6 },
        { RowStripMasking.Default with { TargetBlocks = 1, TargetScale = 0.9 }, 64, 64, 1, 58 * 64 },
    };

    [Theory]
    [MemberData(nameof(Complements))]
    public void What_is_not_a_target_is_visible(MaskingOptions options, int rows, int columns, int targetBlocks, int targetLength)
    {
        var grid = new PatchGrid(rows, columns);
        IMaskSampler sampler = options.CreateSampler(grid);
        MaskBatch batch = sampler.Sample(4, 9, MultiBlockMaskSamplerTests.Indices(0, 20));

        sampler.Grid.Should().BeSameAs(grid);
        sampler.TargetBlocks.Should().Be(targetBlocks);
        batch.TargetBlocks.Should().Be(targetBlocks);
        batch.TargetLength.Should().Be(targetLength);
        for (int image = 0; image < 20; image++)
        {
            var patches = new List<int>(batch.ContextOf(image).ToArray());
            patches.Should().BeInAscendingOrder();
            for (int block = 0; block < targetBlocks; block++)
            {
                batch.TargetOf(image, block).ToArray().Should().BeInAscendingOrder();
                patches.AddRange(batch.TargetOf(image, block));
            }

            patches.Order().Should().Equal(Enumerable.Range(0, grid.Count));
        }

        Enumerable.Range(0, 20).Select(batch.Draw).Distinct().Should().HaveCountGreaterThan(5);
    }

    [Theory]
    [MemberData(nameof(Complements))]
    public void A_part_of_a_batch_is_a_slice_of_the_whole(MaskingOptions options, int rows, int columns, int targetBlocks, int targetLength)
    {
        IMaskSampler sampler = options.CreateSampler(new PatchGrid(rows, columns));
        long[] indices = MultiBlockMaskSamplerTests.Indices(50, 12);
        MaskBatch whole = sampler.Sample(4, 9, indices);
        MaskBatch part = sampler.Sample(4, 9, indices, 3, 5);

        part.BatchSize.Should().Be(5);
        part.Context.Should().Equal(whole.Context[(3 * whole.ContextLength)..(8 * whole.ContextLength)]);
        part.Targets.Should().Equal(whole.Targets[(3 * targetBlocks * targetLength)..(8 * targetBlocks * targetLength)]);
        sampler.Sample(4, 9, [indices[6]]).Draw(0).Should().Be(whole.Draw(6));
    }

    [Fact]
    public void Random_patches_are_visible_equally_often()
    {
        var statistics = new MaskStatistics(new RandomPatchMaskSampler(s_grid, RandomPatchMasking.Mae), 100, 400);
        double tolerance = 5 * Math.Sqrt(0.25 * 0.75 / 40_000);

        statistics.MeanLength.Should().Be(49);
        statistics.ContextInclusion.Should().OnlyContain(share => Math.Abs(share - 0.25) < tolerance);
    }

    [Fact]
    public void Single_blocks_have_the_sizes_asked_for()
    {
        var sampler = new SingleBlockMaskSampler(s_grid, SingleBlockMasking.Ablation);
        var lengths = new HashSet<int>();
        for (int step = 0; step < 400; step++)
        {
            lengths.Add(sampler.Sample(1, step, [step]).TargetLength);
        }

        lengths.Should().BeEquivalentTo(PossibleSizes.Independent(sampler.Options.TargetShape, s_grid).Select(size => size.Area).Distinct());
        lengths.Should().OnlyContain(length => length > 0.55 * 196 && length < 0.65 * 196);
    }

    [Fact]
    public void Row_strips_are_drawn_in_every_arrangement_equally_often()
    {
        // Two strips of two rows in six rows: 6 arrangements.
        var sampler = new RowStripMaskSampler(new PatchGrid(6, 3), new RowStripMaskingOptions { TargetBlocks = 2, TargetScale = 0.34 });
        MaskBatch batch = sampler.Sample(1, 0, MultiBlockMaskSamplerTests.Indices(0, 12_000));
        var counts = Enumerable.Range(0, 12_000)
            .GroupBy(image => (batch.TargetOf(image, 0)[0] / 3, batch.TargetOf(image, 1)[0] / 3))
            .ToDictionary(group => group.Key, group => group.Count());

        counts.Keys.Should().BeEquivalentTo([(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)]);
        counts.Values.Should().OnlyContain(count => count > 1790 && count < 2210, "five standard deviations are 204");
    }

    [Fact]
    public void The_defaults_are_as_documented()
    {
        new RandomPatchMaskingOptions().ContextRatio.Should().Be(0.25);
        RandomPatchMasking.Mae.Should().Be(new RandomPatchMaskingOptions());
        RandomPatchMasking.Ablation.ContextRatio.Should().Be(0.4);
        SingleBlockMasking.Ablation.Should().Be(new SingleBlockMaskingOptions
        {
            TargetScaleMin = 0.6, TargetScaleMax = 0.6, TargetAspectRatioMin = 0.75, TargetAspectRatioMax = 1.5,
        });
        RowStripMasking.Default.Should().Be(new RowStripMaskingOptions { TargetBlocks = 2, TargetScale = 0.25 });
    }

    [Fact]
    public void Impossible_options_are_refused_with_the_reason()
    {
        new RandomPatchMaskingOptions { ContextRatio = double.NaN }.Validate(s_grid).Should().Equal(
            "ContextRatio is NaN; it must be greater than 0 and less than 1, the share of the patches that is visible.");
        new RandomPatchMaskingOptions { ContextRatio = 0.01 }.Validate(new PatchGrid(4, 4)).Should().Equal(
            "ContextRatio is 0.01, which leaves 0 of the 16 patches of the 4 x 4 grid visible; at least 1 must be visible and at least 1 hidden.");
        new RandomPatchMaskingOptions { ContextRatio = 0.99 }.Validate(new PatchGrid(4, 4)).Should().Equal(
            "ContextRatio is 0.99, which leaves 16 of the 16 patches of the 4 x 4 grid visible; at least 1 must be visible and at least 1 hidden.");
        new SingleBlockMaskingOptions { TargetScaleMax = -1, TargetAspectRatioMax = 0.5 }.Validate(s_grid).Should().Equal(
            "TargetScaleMax is -1; it must be greater than 0 and at most 1, a share of the grid's area.",
            "TargetAspectRatioMin is 0.75, greater than TargetAspectRatioMax, which is 0.5; exchange them or make them equal.");
        SingleBlockMasking.Ablation.Validate(new PatchGrid(2, 2)).Should().Equal(
            "A target block can cover the whole 2 x 2 grid, which leaves nothing to predict it from (TargetScaleMax is 0.6). Lower TargetScaleMax.");
        new RowStripMaskingOptions { TargetBlocks = 0, TargetScale = 1 }.Validate(s_grid).Should().Equal(
            "TargetBlocks is 0; it must be at least 1, or there is nothing to predict.",
            "TargetScale is 1; it must be greater than 0 and less than 1, a share of the grid's rows.");
        new RowStripMaskingOptions { TargetBlocks = 4 }.Validate(s_grid).Should().Equal(
            "TargetBlocks is 4 and TargetScale 0.25: strips of height 4 leave none of the 14 rows of the 14 x 14 grid visible. Lower one of the two.");
    }

    [Fact]
    public void Samplers_refuse_what_their_options_refuse()
    {
        ((Action)(() => new RandomPatchMaskingOptions { ContextRatio = 0 }.CreateSampler(s_grid))).Should().Throw<ArgumentException>().WithMessage(
            "RandomPatchMaskingOptions cannot be used on a 14 x 14 grid:\n- ContextRatio is 0; it must be greater than 0 and less than 1, the share of the patches that is visible. (Parameter 'options')");
        ((Action)(() => new SingleBlockMaskingOptions { TargetScaleMax = 2 }.CreateSampler(s_grid))).Should().Throw<ArgumentException>();
        ((Action)(() => new RowStripMaskingOptions { TargetBlocks = 100 }.CreateSampler(s_grid))).Should().Throw<ArgumentException>();
    }
}
