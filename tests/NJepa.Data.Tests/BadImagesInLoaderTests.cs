using Microsoft.Extensions.Logging;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class BadImagesInLoaderTests
{
    private static readonly TrainingAugmentation Small = new() { ImageSize = 8 };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Bad_images_are_replaced_and_all_others_keep_their_places(int threads)
    {
        byte[][] files = [.. Enumerable.Range(0, 100).Select(i => Pictures.Png(12, 10, i))];
        byte[][] broken = [.. files];
        broken[7] = [];
        broken[20] = "no picture"u8.ToArray();
        broken[33] = files[33][..40];
        var options = new ImageLoaderOptions { BatchSize = 10, Threads = threads };
        var logger = new CollectingLogger();
        using var clean = new ImageLoader(new MemorySource(files), Small, options);
        using var loader = new ImageLoader(new MemorySource(broken), Small, options, logger);

        for (int epoch = 0; epoch < 2; epoch++)
        {
            foreach ((ImageBatch good, ImageBatch batch) in clean.Epoch(epoch).Zip(loader.Epoch(epoch)))
            {
                for (int i = 0; i < 10; i++)
                {
                    if (good.Indices[i] is 7 or 20 or 33)
                    {
                        batch.Indices[i].Should().NotBe(7).And.NotBe(20).And.NotBe(33);
                        batch.Labels[i].Should().Be(batch.Indices[i] % 2);
                        continue;
                    }

                    batch.Indices[i].Should().Be(good.Indices[i]);
                    batch.GetImage(i).SequenceEqual(good.GetImage(i)).Should().BeTrue();
                }
            }
        }

        loader.BadImages.Select(bad => bad.Index).Should().Equal(7, 20, 33);
        loader.BadImages[0].ToString().Should().Be("image 7: the file is empty");
        logger.Entries.Should().HaveCount(3, "each is reported once").And.OnlyContain(entry => entry.Level == LogLevel.Warning);
        logger.Entries.Select(entry => entry.Message).Should().Contain("The image image 7 cannot be used and is replaced by another: the file is empty.");
    }

    [Fact]
    public void Replacements_are_the_same_for_any_number_of_threads()
    {
        byte[][] files = [.. Enumerable.Range(0, 60).Select(i => i % 12 == 0 ? [] : Pictures.Png(12, 10, i))];
        string[] Run(int threads)
        {
            using var loader = new ImageLoader(new MemorySource(files), Small, new ImageLoaderOptions { BatchSize = 12, Threads = threads });
            return [.. loader.Steps(0, 10).Select(batch => string.Join(' ', batch.Indices) + Convert.ToHexString(batch.Pixels))];
        }

        Run(2).Should().Equal(Run(0));
        Run(8).Should().Equal(Run(0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Evaluation_leaves_bad_images_out(int threads)
    {
        byte[][] files = [.. Enumerable.Range(0, 20).Select(i => i is 1 or 3 or (>= 8 and < 12) ? [] : Pictures.Png(12, 10, i))];
        var logger = new CollectingLogger();
        using var loader = new ImageLoader(
            new MemorySource(files), new EvaluationTransform { ImageSize = 8 }, new ImageLoaderOptions { BatchSize = 4, Threads = threads, MaxBadImageShare = 0.5 }, logger);
        using var clean = new ImageLoader(
            new MemorySource([.. Enumerable.Range(0, 20).Select(i => Pictures.Png(12, 10, i))]), new EvaluationTransform { ImageSize = 8 }, new ImageLoaderOptions { BatchSize = 4 });

        List<ImageBatch> batches = [.. loader.Epoch(0)];

        batches.Select(batch => batch.Count).Should().Equal(2, 4, 4, 4);
        batches.SelectMany(batch => batch.Indices).Should().Equal(0, 2, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19);
        batches[0].Pixels.Should().HaveCount(2 * 8 * 8 * 3);
        batches[0].GetImage(1).ToArray().Should().Equal(clean.Epoch(0).First().GetImage(2).ToArray());
        loader.BadImages.Should().HaveCount(6);
        logger.Entries.Select(entry => entry.Message).Should().Contain("The image image 1 cannot be used and is left out: the file is empty.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Too_many_bad_images_stop_the_run_with_the_list(int threads)
    {
        byte[][] files = [.. Enumerable.Range(0, 40).Select(i => i < 5 ? [] : Pictures.Png(12, 10, i))];
        using var loader = new ImageLoader(new MemorySource(files), Small, new ImageLoaderOptions { BatchSize = 40, Threads = threads });

        TooManyBadImagesException error = loader.Invoking(l => l.Epoch(0).Count()).Should().Throw<TooManyBadImagesException>().Which;

        error.BadImages.Should().HaveCount(5);
        error.Message.Should().Be(
            "5 of 40 images could not be read, more than MaxBadImageShare = 0.1 allows. Repair or remove them, or allow a larger share:" +
            string.Concat(Enumerable.Range(0, 5).Select(i => $"{Environment.NewLine}  - image {i}: the file is empty")));
    }

    [Fact]
    public void A_tenth_of_bad_images_is_still_allowed()
    {
        byte[][] files = [.. Enumerable.Range(0, 40).Select(i => i < 4 ? [] : Pictures.Png(12, 10, i))];
        using var loader = new ImageLoader(new MemorySource(files), Small, new ImageLoaderOptions { BatchSize = 40, Threads = 2 });

        loader.Epoch(0).Should().HaveCount(1);
    }

    [Fact]
    public void A_long_list_is_cut_short()
    {
        BadImage[] bad = [.. Enumerable.Range(0, 12).Select(i => new BadImage(i, $"{i}.jpg", "x"))];

        new TooManyBadImagesException(bad, 20, 0.5).Message.Should().EndWith($"  - 9.jpg: x{Environment.NewLine}  ... and 2 more");
    }

    [Fact]
    public void Only_bad_images_end_in_a_clear_error()
    {
        byte[][] files = [.. Enumerable.Range(0, 4).Select(_ => Array.Empty<byte>())];
        using var loader = new ImageLoader(new MemorySource(files), Small, new ImageLoaderOptions { BatchSize = 2, Threads = 1, MaxBadImageShare = 1 });

        loader.Invoking(l => l.Epoch(0).Count()).Should().Throw<ImageSourceException>()
            .WithMessage("No image could be found to replace 'image *', which cannot be used: 1000 others were tried. Repair the images, or lower MaxBadImageShare to stop earlier.");
    }

    [Fact]
    public void Vanished_and_forbidden_files_are_bad_images()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 30; i++)
        {
            folder.Write($"{i:00}.png", Pictures.Png(10, 10, i));
        }

        ImageFolder source = ImageFolder.Open(folder.Path);
        File.Delete(folder.At("04.png"));
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 30, Threads = 2 });
        loader.Epoch(0).Single().Indices.Should().NotContain(4);
        loader.BadImages.Single().Name.Should().Be("04.png");
        loader.BadImages.Single().Reason.Should().StartWith("Could not find file");

        var forbidding = new MemorySource(30) { OnOpen = i => { if (i == 6) { throw new UnauthorizedAccessException("Access denied."); } } };
        using var other = new ImageLoader(forbidding, Small, new ImageLoaderOptions { BatchSize = 30, Threads = 2 });
        other.Epoch(0).Single().Indices.Should().NotContain(6);
        other.BadImages.Should().Equal(new BadImage(6, "image 6", "Access denied"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void A_failing_source_ends_the_run_after_the_batches_before(int threads)
    {
        var source = new MemorySource(40) { OnOpen = i => { if (i == 22) { throw new FormatException("Out of order."); } } };
        using var loader = new ImageLoader(source, new EvaluationTransform { ImageSize = 8 }, new ImageLoaderOptions { BatchSize = 5, Threads = threads, Prefetch = 8 });
        int delivered = 0;

        Action run = () =>
        {
            foreach (ImageBatch batch in loader.Epoch(0))
            {
                batch.Dispose();
                delivered++;
            }
        };

        run.Should().Throw<ImageSourceException>().WithMessage("The image source MemorySource failed at image 22 (image 22): Out of order.")
            .WithInnerException<FormatException>();
        delivered.Should().Be(4);
    }

    [Fact]
    public void A_disposed_archive_ends_the_run()
    {
        using var folder = new TempFolder();
        ImageArchive archive = ImageArchive.Open(folder.Write("a.zip", Zip.Of(("1.png", Pictures.Png(5, 5)), ("2.png", Pictures.Png(5, 5)))));
        using var loader = new ImageLoader(archive, Small, new ImageLoaderOptions { BatchSize = 2, Threads = 1 });

        archive.Dispose();

        loader.Invoking(l => l.Epoch(0).Count()).Should().Throw<ImageSourceException>();
        loader.BadImages.Should().BeEmpty();
    }
}
