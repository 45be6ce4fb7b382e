using System.Text.Json;

namespace NJepa.Masking.Tests;

/// <summary>The Reference choices against figures of the reference code. Seeds are fixed, so a result never changes between runs.</summary>
public sealed class ReferenceParityTests
{
    private static readonly PatchGrid s_grid = new(14, 14);
    private static readonly Lazy<MaskStatistics> s_single = new(() => new MaskStatistics(new MultiBlockMaskSampler(s_grid, MultiBlockMasking.Reference), 1, 200_000));
    private static readonly Lazy<MaskStatistics> s_batch16 = new(() => new MaskStatistics(new MultiBlockMaskSampler(s_grid, MultiBlockMasking.Reference), 16, 10_000));
    private static readonly Lazy<MaskStatistics> s_batch128 = new(() => new MaskStatistics(new MultiBlockMaskSampler(s_grid, MultiBlockMasking.Reference), 128, 3_000));

    [Fact]
    public void Recorded_draws_give_the_recorded_block_sizes()
    {
        foreach (JsonElement row in ReferenceFigures.Sizes.GetProperty("seeds_0_63").EnumerateArray())
        {
            BlockSize target = MultiBlockMasking.Reference.TargetShape.SingleDraw(row.GetProperty("r_pred").GetDouble(), s_grid);
            BlockSize context = MultiBlockMasking.Reference.ContextShape.SingleDraw(row.GetProperty("r_enc").GetDouble(), s_grid);

            new[] { target.Height, target.Width }.Should().Equal(ReferenceFigures.Ints(row.GetProperty("pred")));
            new[] { context.Height, context.Width }.Should().Equal(ReferenceFigures.Ints(row.GetProperty("enc")));
        }
    }

    [Fact]
    public void The_block_size_changes_where_the_reference_changes_it()
    {
        BlockShape shape = MultiBlockMasking.Reference.TargetShape;
        JsonElement[] changes = [.. ReferenceFigures.Sizes.GetProperty("size_changes_along_r").EnumerateArray()];
        changes.Should().HaveCount(7);
        for (int i = 0; i < changes.Length; i++)
        {
            // The places are recorded with five digits, rounded up.
            double from = changes[i].GetProperty("from_r").GetDouble();
            double to = i + 1 < changes.Length ? changes[i + 1].GetProperty("from_r").GetDouble() - 2e-5 : 1;
            var size = new BlockSize(changes[i].GetProperty("h").GetInt32(), changes[i].GetProperty("w").GetInt32());
            for (double draw = from; draw < to; draw += 1e-4)
            {
                shape.SingleDraw(draw, s_grid).Should().Be(size);
            }

            shape.SingleDraw(to, s_grid).Should().Be(size);
        }
    }

    [Theory]
    [InlineData("ViT-H/14 224 (16x16)", 16)]
    [InlineData("448/16 (28x28)", 28)]
    [InlineData("96/8 (12x12)", 12)]
    [InlineData("64/8 (8x8)", 8)]
    [InlineData("32/4 (8x8)", 8)]
    public void Other_grids_have_the_same_block_sizes_as_often(string name, int side)
    {
        JsonElement recorded = ReferenceFigures.Sizes.GetProperty("other_grids_seeds_0_4999").GetProperty(name);
        var grid = new PatchGrid(side, side);

        CompareFrequencies(recorded.GetProperty("pred"), 5000, draw => MultiBlockMasking.Reference.TargetShape.SingleDraw(draw, grid));
        CompareFrequencies(recorded.GetProperty("enc"), 5000, draw => MultiBlockMasking.Reference.ContextShape.SingleDraw(draw, grid));
        PossibleSizes.SingleDraw(MultiBlockMasking.Reference.TargetShape, grid)
            .Should().BeEquivalentTo(recorded.GetProperty("pred").EnumerateObject().Select(size => ReferenceFigures.Size(size.Name)));
        PossibleSizes.SingleDraw(MultiBlockMasking.Reference.ContextShape, grid)
            .Should().BeEquivalentTo(recorded.GetProperty("enc").EnumerateObject().Select(size => ReferenceFigures.Size(size.Name)));
    }

    [Fact]
    public void Steps_draw_block_sizes_as_often_as_the_reference()
    {
        var sampler = new MultiBlockMaskSampler(s_grid, MultiBlockMasking.Reference);
        const int Steps = 100_000;
        var counts = new Dictionary<BlockSize, int>();
        for (int step = 0; step < Steps; step++)
        {
            BlockSize size = sampler.DrawTargetSize(11, step);
            counts[size] = counts.GetValueOrDefault(size) + 1;
            sampler.DrawContextSize(11, step).Should().Be(new BlockSize(13, 13));
        }

        JsonElement recorded = ReferenceFigures.Sizes.GetProperty("pred_hxw_counts_seeds_0_19999");
        counts.Keys.Should().BeEquivalentTo(recorded.EnumerateObject().Select(size => ReferenceFigures.Size(size.Name)));
        foreach (JsonProperty size in recorded.EnumerateObject())
        {
            double expected = size.Value.GetInt32() / 20_000.0;
            ((double)counts[ReferenceFigures.Size(size.Name)] / Steps).Should().BeApproximately(expected, FiveSigma(expected, 20_000, Steps));
        }
    }

    [Fact]
    public void Recorded_masks_follow_from_their_target_blocks()
    {
        int images = 0;
        List<BlockSize> sizes = PossibleSizes.SingleDraw(MultiBlockMasking.Reference.TargetShape, s_grid);
        foreach (JsonElement iteration in ReferenceFigures.Root.GetProperty("exact").GetProperty("iterations").EnumerateArray())
        {
            JsonElement contexts = iteration.GetProperty("masks_enc")[0];
            for (int image = 0; image < 4; image++, images++)
            {
                var visible = new ulong[PatchBits.WordsFor(s_grid)];
                PatchBits.SetBlock(visible, 14, new PatchBlock(0, 0, 13, 13));
                for (int block = 0; block < 4; block++)
                {
                    int[] recorded = ReferenceFigures.Ints(iteration.GetProperty("masks_pred")[block][image]);
                    int height = (recorded[^1] / 14) - (recorded[0] / 14) + 1;
                    var rectangle = new PatchBlock(recorded[0] / 14, recorded[0] % 14, height, recorded.Length / height);
                    sizes.Should().Contain(new BlockSize(rectangle.Height, rectangle.Width));
                    var written = new int[rectangle.Area];
                    PatchBits.WriteBlock(rectangle, 14, written);
                    written.Should().Equal(recorded);
                    PatchBits.ClearBlock(visible, 14, rectangle);
                }

                int[] context = new int[contexts[image].GetArrayLength()];
                PatchBits.WriteLowest(visible, context);
                context.Should().Equal(ReferenceFigures.Ints(contexts[image]));
            }
        }

        images.Should().Be(16);
    }

    [Fact]
    public void The_context_length_before_the_cut_is_that_of_the_reference()
    {
        MaskStatistics statistics = s_single.Value;

        // The expectation, from the chance of every patch to be missed by four blocks of every size, is 81.741; the 20,000 recorded images are two standard errors above.
        statistics.MeanLength.Should().BeApproximately(81.741, 0.12);
        statistics.MeanLength.Should().BeApproximately(81.9, 0.2);
        statistics.MeanLength.Should().BeApproximately(ReferenceFigures.Number("batch1", "context_tokens_before_truncation", "mean"), 0.5);
        statistics.StandardDeviation.Should().BeApproximately(ReferenceFigures.Number("batch1", "context_tokens_before_truncation", "std_pop"), 0.35);
        CompareQuantiles(statistics, "batch1");
    }

    [Fact]
    public void The_context_length_after_the_cut_is_that_of_the_reference_at_batch_16() => CompareCut(s_batch16.Value, "batch16");

    [Fact]
    public void The_context_length_after_the_cut_is_that_of_the_reference_at_batch_128() => CompareCut(s_batch128.Value, "batch128");

    [Fact]
    public void Contexts_cover_the_grid_as_in_the_reference_before_the_cut() =>
        CompareMaps(s_single.Value.ContextInclusion, ReferenceFigures.Map("batch1", "context_inclusion_before"), 20_000, 200_000);

    [Fact]
    public void Target_blocks_cover_the_grid_as_in_the_reference() =>
        CompareMaps(s_single.Value.TargetInclusion, ReferenceFigures.Map("batch1", "target_inclusion_per_block"), 20_000, 200_000);

    [Theory]
    [InlineData("batch16", 0.025)]
    [InlineData("batch128", 0.025)]
    public void Contexts_cover_the_grid_as_in_the_reference_after_the_cut(string batch, double tolerance)
    {
        // All images of a step share block size and length, so the recorded maps come from about 1,000 independent lengths.
        double[] map = (batch == "batch16" ? s_batch16 : s_batch128).Value.ContextInclusion;
        double[] recorded = ReferenceFigures.Map(batch, "context_inclusion_after");

        for (int patch = 0; patch < map.Length; patch++)
        {
            map[patch].Should().BeApproximately(recorded[patch], tolerance, "of patch {0}", patch);
        }

        // The cut takes the bottom of the image: nothing is left of its last visible row.
        map.Skip(12 * 14).Sum().Should().BeLessThan(map.Take(2 * 14).Sum() / 5);
    }

    private static void CompareCut(MaskStatistics statistics, string batch)
    {
        // The recorded means come from 1,250 and 1,000 lengths: their standard error is 0.23, so this is four of them.
        statistics.MeanLength.Should().BeApproximately(ReferenceFigures.Number(batch, "context_tokens_after_truncation", "mean"), 0.95);
        statistics.StandardDeviation.Should().BeApproximately(ReferenceFigures.Number(batch, "context_tokens_after_truncation", "std_pop"), 0.7);
        double dropped = 1 - (statistics.MeanVisible / s_single.Value.MeanVisible);
        dropped.Should().BeApproximately(ReferenceFigures.Root.GetProperty(batch).GetProperty("fraction_of_context_tokens_dropped").GetDouble(), 0.01);
        CompareQuantiles(statistics, batch);
    }

    private static void CompareQuantiles(MaskStatistics statistics, string batch)
    {
        JsonElement quantiles = ReferenceFigures.Root.GetProperty(batch).GetProperty("context_len_per_batch").GetProperty("quantiles");
        foreach (string share in new[] { "0.05", "0.25", "0.5", "0.75", "0.95" })
        {
            ((double)statistics.Quantile(double.Parse(share))).Should().BeApproximately(quantiles.GetProperty(share).GetDouble(), 1);
        }
    }

    private static void CompareFrequencies(JsonElement recorded, int draws, Func<double, BlockSize> sizeOf)
    {
        const int Points = 20_000;
        var counts = new Dictionary<BlockSize, int>();
        for (int i = 0; i < Points; i++)
        {
            BlockSize size = sizeOf((i + 0.5) / Points);
            counts[size] = counts.GetValueOrDefault(size) + 1;
        }

        counts.Keys.Should().BeEquivalentTo(recorded.EnumerateObject().Select(size => ReferenceFigures.Size(size.Name)));
        foreach (JsonProperty size in recorded.EnumerateObject())
        {
            double expected = (double)counts[ReferenceFigures.Size(size.Name)] / Points;
            (size.Value.GetInt32() / (double)draws).Should().BeApproximately(expected, FiveSigma(expected, draws, Points));
        }
    }

    private static void CompareMaps(double[] map, double[] recorded, int recordedImages, int images)
    {
        map.Should().HaveCount(recorded.Length);
        for (int patch = 0; patch < map.Length; patch++)
        {
            map[patch].Should().BeApproximately(recorded[patch], FiveSigma(recorded[patch], recordedImages, images), "of patch {0}", patch);
        }
    }

    private static double FiveSigma(double share, int first, int second) => (5 * Math.Sqrt(share * (1 - share) * ((1.0 / first) + (1.0 / second)))) + 1e-6;
}
