using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class RememberedImagesTests
{
    private static readonly TrainingAugmentation Small = new() { ImageSize = 8 };

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_resumed_run_lists_what_was_found_before_and_logs_it_no_more(int threads)
    {
        byte[][] files = Files(40, bad: [3, 17]);
        var options = new ImageLoaderOptions { BatchSize = 10, Threads = threads };
        using var whole = new ImageLoader(new MemorySource(files), Small, options);
        string[] expected = Batches.Describe(whole.Steps(0, 8));
        var logger = new CollectingLogger();
        using var resumed = new ImageLoader(new MemorySource(files), Small, options, logger);

        resumed.Remember(whole.BadImages);

        resumed.BadImages.Should().Equal(whole.BadImages).And.HaveCount(2);
        Batches.Describe(resumed.Steps(4, 4)).Should().Equal(expected[4..]);
        resumed.BadImages.Should().Equal(whole.BadImages);
        logger.Entries.Should().BeEmpty();
    }

    [Fact]
    public void Images_of_another_source_are_passed_over()
    {
        using var loader = new ImageLoader(new MemorySource(10), Small, new ImageLoaderOptions { BatchSize = 10 });

        loader.Remember([new(-1, "image -1", "x"), new(10, "image 10", "x"), new(4, "image 5", "x"), null!, new(6, "image 6", "y"), new(6, "image 6", "again")]);

        loader.BadImages.Should().Equal(new BadImage(6, "image 6", "y"));
        loader.Invoking(l => l.Remember(null!)).Should().Throw<ArgumentNullException>();
    }

    [Fact]
    public void What_was_repaired_since_is_used_again_and_leaves_the_list()
    {
        using var loader = new ImageLoader(new MemorySource(Files(20, bad: [7])), Small, new ImageLoaderOptions { BatchSize = 20, Threads = 2 });
        loader.Remember([new(5, "image 5", "the file is empty"), new(7, "image 7", "it was truncated")]);

        loader.Epoch(0).Single().Indices.Should().Contain(5);

        loader.BadImages.Should().Equal(new BadImage(7, "image 7", "the file is empty"));
    }

    [Fact]
    public void Failures_of_a_moment_do_not_add_up()
    {
        int fails = 0;
        var source = new MemorySource(20) { OnOpen = index => _ = index == fails ? throw new IOException("the disk did not answer") : index };
        var logger = new CollectingLogger();
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 20, Threads = 0, MaxBadImageShare = 0.1 }, logger);
        for (int epoch = 0; epoch < 30; epoch++)
        {
            fails = epoch % 20;
            using ImageBatch batch = loader.Epoch(epoch).Single();
            loader.BadImages.Select(bad => bad.Index).Should().Contain(fails).And.HaveCountLessThanOrEqualTo(2);
        }

        logger.Entries.Should().HaveCount(20, "each is told once");
    }

    [Fact]
    public void What_was_found_before_counts_when_there_are_too_many()
    {
        byte[][] files = Files(40, bad: [1, 2, 3, 4, 9]);
        using var loader = new ImageLoader(new MemorySource(files), new EvaluationTransform { ImageSize = 8 }, new ImageLoaderOptions { BatchSize = 1, Threads = 0 });
        loader.Remember([.. from i in Enumerable.Range(2, 8).Where(i => i is < 5 or 9) select new BadImage(i, $"image {i}", "the file is empty")]);

        loader.Invoking(l => l.Epoch(0).Count()).Should().Throw<TooManyBadImagesException>().Which.BadImages.Select(bad => bad.Index).Should().Equal(1, 2, 3, 4, 9);
    }

    [Fact]
    public void A_run_that_ended_by_too_many_goes_on_once_they_are_repaired()
    {
        using var loader = new ImageLoader(new MemorySource(Files(40, bad: [0, 1, 2, 3])), Small, new ImageLoaderOptions { BatchSize = 40, Threads = 0 });
        loader.Remember([.. Enumerable.Range(0, 8).Select(i => new BadImage(i, $"image {i}", "the file is empty"))]);

        loader.Epoch(0).Should().ContainSingle();

        loader.BadImages.Select(bad => bad.Index).Should().Equal(0, 1, 2, 3);
    }

    [Fact]
    public void A_run_that_ended_by_too_many_ends_again_when_nothing_was_repaired()
    {
        using var loader = new ImageLoader(new MemorySource(Files(40, bad: [0, 1, 2, 3, 4])), Small, new ImageLoaderOptions { BatchSize = 40, Threads = 0 });
        loader.Remember([.. Enumerable.Range(0, 5).Select(i => new BadImage(i, $"image {i}", "the file is empty"))]);

        loader.Invoking(l => l.Epoch(0).Count()).Should().Throw<TooManyBadImagesException>().Which.BadImages.Should().HaveCount(5);
    }

    private static byte[][] Files(int count, int[] bad) => [.. Enumerable.Range(0, count).Select(i => bad.Contains(i) ? [] : Pictures.Png(12, 10, i))];
}
