namespace NJepa.Masking.Tests;

public sealed class MultiBlockMaskSamplerTests
{
    private static readonly PatchGrid s_paperGrid = new(14, 14);

    public static TheoryData<int, int, string> Settings()
    {
        var data = new TheoryData<int, int, string>();
        foreach (string name in s_options.Keys)
        {
            foreach ((int rows, int columns) in new[] { (14, 14), (16, 16), (8, 8), (6, 9), (12, 7), (5, 33), (64, 64), (3, 100) })
            {
                if (s_options[name].Validate(new PatchGrid(rows, columns)).Count == 0)
                {
                    data.Add(rows, columns, name);
                }
            }
        }

        return data;
    }

    private static readonly Dictionary<string, MultiBlockMaskingOptions> s_options = new()
    {
        ["paper"] = MultiBlockMasking.Paper,
        ["reference"] = MultiBlockMasking.Reference,
        ["reference, few kept"] = MultiBlockMasking.Reference with { MinKeep = 4 },
        ["reference positions only"] = MultiBlockMasking.Paper with { BlockPositions = BlockPositions.Reference },
        ["reference context only"] = MultiBlockMasking.Paper with { ContextSize = ContextSize.Reference, MinKeep = 5 },
        ["reference size and cut only"] = MultiBlockMasking.Paper with { BlockSizeDraw = BlockSizeDraw.Reference, ContextCut = ContextCut.Reference, MinKeep = 7 },
        ["one small block"] = MultiBlockMasking.Paper with { TargetBlocks = 1, TargetScaleMin = 0.02, TargetScaleMax = 0.05, MinKeep = 1 },
        ["small context"] = MultiBlockMasking.Paper with { ContextScaleMin = 0.3, ContextScaleMax = 0.5, MinKeep = 2 },
        ["crowded"] = MultiBlockMasking.Paper with { TargetBlocks = 40, MinKeep = 12 },
        ["full height"] = MultiBlockMasking.Paper with { TargetBlocks = 2, TargetScaleMin = 0.3, TargetScaleMax = 0.31, TargetAspectRatioMin = 3.0, TargetAspectRatioMax = 3.2, MinKeep = 3 },
    };

    [Fact]
    public void The_settings_cover_enough_grids() => Settings().Count.Should().BeGreaterThan(45);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Masks_are_sound(int rows, int columns, string name)
    {
        MultiBlockMaskingOptions options = s_options[name];
        var grid = new PatchGrid(rows, columns);
        var sampler = new MultiBlockMaskSampler(grid, options);
        for (int step = 0; step < 12; step++)
        {
            MaskBatch batch = sampler.Sample(3, step, Indices(step * 9, 9));
            BlockSize size = sampler.DrawTargetSize(3, step);
            batch.Grid.Should().Be(grid);
            batch.BatchSize.Should().Be(9);
            batch.TargetBlocks.Should().Be(options.TargetBlocks);
            batch.TargetLength.Should().Be(size.Area);
            batch.ContextLength.Should().BeGreaterThanOrEqualTo(options.MinKeep);
            batch.Context.Should().HaveCount(9 * batch.ContextLength);
            batch.Targets.Should().HaveCount(9 * options.TargetBlocks * size.Area);
            for (int image = 0; image < 9; image++)
            {
                var hidden = new bool[grid.Count];
                for (int block = 0; block < options.TargetBlocks; block++)
                {
                    ReadOnlySpan<int> patches = batch.TargetOf(image, block);
                    PatchBlock rectangle = size.At(patches[0] / columns, patches[0] % columns);
                    grid.Contains(rectangle).Should().BeTrue("target blocks stay inside the grid");
                    patches.SequenceEqual(Rectangle(grid, rectangle)).Should().BeTrue("a target block is a rectangle");
                    foreach (int patch in patches)
                    {
                        hidden[patch] = true;
                    }

                    if (options.BlockPositions == BlockPositions.Reference)
                    {
                        (rectangle.Bottom < rows || size.Height == rows).Should().BeTrue("the last row is never reached");
                        (rectangle.Right < columns || size.Width == columns).Should().BeTrue("the last column is never reached");
                    }
                }

                int last = -1;
                foreach (int patch in batch.ContextOf(image))
                {
                    if (patch <= last || patch >= grid.Count || hidden[patch])
                    {
                        Assert.Fail($"Patch {patch} after {last}: a context ascends, inside the grid and outside the targets.");
                    }

                    last = patch;
                }
            }
        }
    }

    [Fact]
    public void The_same_numbers_give_the_same_masks()
    {
        MaskBatch first = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper).Sample(1, 2, [3, 4, 5]);
        MaskBatch second = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper).Sample(1, 2, [3, 4, 5]);

        second.Context.Should().Equal(first.Context);
        second.Targets.Should().Equal(first.Targets);
    }

    [Theory]
    [InlineData(2, 2, 3)]
    [InlineData(1, 3, 3)]
    [InlineData(1, 2, 4)]
    public void Another_seed_step_or_sample_gives_other_masks(ulong seed, long step, long index)
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper);

        sampler.Sample(seed, step, [index]).Draw(0).Should().NotBe(sampler.Sample(1, 2, [3]).Draw(0));
    }

    [Fact]
    public void Masks_do_not_depend_on_the_order_of_the_batch()
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper);
        MaskBatch forward = sampler.Sample(1, 2, [30, 7, 1_000_000_007, -4]);
        MaskBatch backward = sampler.Sample(1, 2, [-4, 1_000_000_007, 7, 30]);

        for (int image = 0; image < 4; image++)
        {
            backward.Draw(3 - image).Should().Be(forward.Draw(image));
        }
    }

    [Fact]
    public void Other_images_of_the_batch_change_nothing_but_the_context_length()
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper);
        MaskBatch alone = sampler.Sample(1, 2, [0]);
        MaskBatch together = sampler.Sample(1, 2, Indices(0, 64));

        together.ContextLength.Should().BeLessThan(alone.ContextLength);
        together.ContextOf(0).ToArray().Should().BeSubsetOf(alone.ContextOf(0).ToArray());
        for (int block = 0; block < 4; block++)
        {
            together.TargetOf(0, block).ToArray().Should().Equal(alone.TargetOf(0, block).ToArray());
        }
    }

    [Theory]
    [InlineData(ContextCut.Random)]
    [InlineData(ContextCut.Reference)]
    public void A_part_of_a_batch_is_a_slice_of_the_whole(ContextCut cut)
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper with { ContextCut = cut });
        long[] indices = Indices(100, 24);
        MaskBatch whole = sampler.Sample(9, 5, indices);
        for (int start = 0; start < 24; start += 8)
        {
            MaskBatch part = sampler.Sample(9, 5, indices, start, 8);
            part.BatchSize.Should().Be(8);
            part.ContextLength.Should().Be(whole.ContextLength);
            part.Context.Should().Equal(whole.Context[(start * whole.ContextLength)..((start + 8) * whole.ContextLength)]);
            int perImage = 4 * whole.TargetLength;
            part.Targets.Should().Equal(whole.Targets[(start * perImage)..((start + 8) * perImage)]);
        }
    }

    [Fact]
    public void The_context_length_is_that_of_the_shortest_context()
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper);
        int shortest = Enumerable.Range(0, 32).Min(index => sampler.Sample(1, 0, [index]).ContextLength);

        sampler.Sample(1, 0, Indices(0, 32)).ContextLength.Should().Be(shortest);
    }

    [Fact]
    public void The_reference_cut_keeps_the_lowest_patches_and_the_random_cut_any()
    {
        MaskBatch uncut = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper).Sample(1, 2, [0]);
        MaskBatch random = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper).Sample(1, 2, Indices(0, 64));
        MaskBatch lowest = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper with { ContextCut = ContextCut.Reference }).Sample(1, 2, Indices(0, 64));

        lowest.ContextOf(0).ToArray().Should().Equal(uncut.ContextOf(0)[..lowest.ContextLength].ToArray());
        random.ContextOf(0).ToArray().Should().NotEqual(lowest.ContextOf(0).ToArray()).And.BeSubsetOf(uncut.ContextOf(0).ToArray());
    }

    [Fact]
    public void Corrected_blocks_reach_every_place_equally_often()
    {
        // One size of block, so that its places can be counted: 5 x 5 has 10 x 10 of them.
        var options = MultiBlockMasking.Paper with
        {
            TargetScaleMin = 25.0 / 196, TargetScaleMax = 25.0 / 196, TargetAspectRatioMin = 1, TargetAspectRatioMax = 1,
        };
        MaskBatch batch = new MultiBlockMaskSampler(s_paperGrid, options).Sample(1, 0, Indices(0, 25_000));
        var counts = new int[196];
        for (int image = 0; image < batch.BatchSize; image++)
        {
            for (int block = 0; block < 4; block++)
            {
                counts[batch.TargetOf(image, block)[0]]++;
            }
        }

        for (int patch = 0; patch < 196; patch++)
        {
            if (patch / 14 < 10 && patch % 14 < 10)
            {
                counts[patch].Should().BeInRange(1000 - 160, 1000 + 160, "five standard deviations are 158");
            }
            else
            {
                counts[patch].Should().Be(0);
            }
        }
    }

    [Fact]
    public void Corrected_contexts_may_be_the_whole_grid_or_smaller()
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper);
        int[] sides = [.. Enumerable.Range(0, 4000).Select(step => sampler.DrawContextSize(1, step).Height)];

        // sqrt(s) * 14 rounds to 13 below s = (13.5 / 14)^2 = 0.9298 of 0.85 to 1.
        sides.Distinct().Should().BeEquivalentTo([13, 14]);
        sides.Count(side => side == 13).Should().BeInRange(1960, 2300);
        sampler.DrawContextSize(1, 0).Should().Be(new BlockSize(sides[0], sides[0]));
    }

    [Fact]
    public void Corrected_scale_and_aspect_ratio_are_independent()
    {
        var sampler = new MultiBlockMaskSampler(new PatchGrid(64, 64), MultiBlockMasking.Paper);
        BlockSize[] sizes = [.. Enumerable.Range(0, 20_000).Select(step => sampler.DrawTargetSize(1, step))];
        double[] scales = [.. sizes.Select(size => size.Area / 4096.0)];
        double[] aspects = [.. sizes.Select(size => (double)size.Height / size.Width)];

        scales.Average().Should().BeApproximately(0.175, 0.001);
        aspects.Average().Should().BeApproximately(1.125, 0.01);
        scales.Min().Should().BeInRange(0.14, 0.155);
        scales.Max().Should().BeInRange(0.195, 0.21);
        aspects.Min().Should().BeInRange(0.70, 0.80);
        aspects.Max().Should().BeInRange(1.45, 1.6);
        double covariance = scales.Zip(aspects, (scale, aspect) => (scale - 0.175) * (aspect - 1.125)).Average();
        double correlation = covariance / (Deviation(scales, 0.175) * Deviation(aspects, 1.125));
        correlation.Should().BeApproximately(0, 0.035, "five standard errors of 20,000 draws");
    }

    [Fact]
    public void A_crowded_image_is_thinned_only_as_far_as_it_must_be()
    {
        // Forty blocks cover nearly everything, so the redraws run out and blocks are moved to one place, but no more of them than needed.
        var options = MultiBlockMasking.Paper with { TargetBlocks = 40, MinKeep = 40 };
        var sampler = new MultiBlockMaskSampler(s_paperGrid, options);
        for (int index = 0; index < 50; index++)
        {
            MaskBatch batch = sampler.Sample(1, index, [index]);
            var places = new HashSet<int>(Enumerable.Range(0, 40).Select(block => batch.TargetOf(0, block)[0]));

            batch.ContextLength.Should().BeGreaterThanOrEqualTo(40);
            places.Count.Should().BeGreaterThan(3);
        }
    }

    [Theory]
    [InlineData(14, 14)]
    [InlineData(8, 8)]
    [InlineData(3, 3)]
    [InlineData(6, 20)]
    public void The_largest_MinKeep_that_the_message_names_works_and_one_more_does_not(int rows, int columns)
    {
        var grid = new PatchGrid(rows, columns);
        foreach (MultiBlockMaskingOptions preset in new[] { MultiBlockMasking.Paper, MultiBlockMasking.Reference, MultiBlockMasking.Paper with { TargetBlocks = 9 } })
        {
            string problem = (preset with { MinKeep = 100_000 }).Validate(grid)[0];
            if (problem.Contains("No MinKeep works"))
            {
                (preset with { MinKeep = 1 }).Validate(grid).Should().NotBeEmpty();
                continue;
            }

            int largest = int.Parse(problem[..^1].Split(' ')[^1]);
            (preset with { MinKeep = largest + 1 }).Validate(grid).Should().NotBeEmpty();
            var sampler = new MultiBlockMaskSampler(grid, preset with { MinKeep = largest });
            for (int step = 0; step < 30; step++)
            {
                sampler.Sample(1, step, Indices(step * 4, 4)).ContextLength.Should().BeGreaterThanOrEqualTo(largest);
            }
        }
    }

    [Fact]
    public void Sampling_allocates_nothing_per_image()
    {
        var sampler = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper);
        long[] indices = Indices(0, 128);
        sampler.Sample(1, 0, indices);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MaskBatch batch = sampler.Sample(1, 0, indices);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.Should().BeLessThan((4L * (batch.Context.Length + batch.Targets.Length)) + 256);
    }

    [Fact]
    public void A_seed_keeps_its_masks_from_version_to_version()
    {
        MaskBatch batch = new MultiBlockMaskSampler(s_paperGrid, MultiBlockMasking.Paper).Sample(42, 7, Indices(0, 16));

        batch.ToString().Should().Be("16 images on a 14 x 14 grid: 76 visible patches, 4 target blocks of 36");
        batch.Draw(3).Should().Be(
            """
            o o o o 2 2 2 2 2 2 o o o o
            o o o o 2 2 2 2 2 2 o o o o
            4 4 4 4 * * 2 2 2 2 o o o o
            4 4 4 4 * * 2 2 2 2 o o o o
            4 4 4 4 * * 2 2 2 2 o o o o
            4 4 4 4 * * 2 2 2 2 o o o o
            4 4 4 * * * 1 1 1 o o o o o
            4 4 4 * * * 1 * * 3 3 3 3 o
            o o o 1 1 1 1 * * 3 3 3 3 o
            o o o 1 1 1 1 * * 3 3 3 3 o
            o o o 1 1 1 1 * * 3 3 3 3 o
            o o o 1 1 1 1 * * 3 3 3 3 o
            o o o o o o o 3 3 3 3 3 3 o
            o o o o o o o o o o o o o o
            """);
    }

    internal static long[] Indices(long first, int count) => [.. Enumerable.Range(0, count).Select(i => first + i)];

    private static int[] Rectangle(PatchGrid grid, PatchBlock block) =>
        [.. Enumerable.Range(block.Top, block.Height).SelectMany(row => Enumerable.Range(grid.IndexOf(row, block.Left), block.Width))];

    private static double Deviation(double[] values, double mean) => Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
}
