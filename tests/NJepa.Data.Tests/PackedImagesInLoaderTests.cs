using Microsoft.Extensions.Logging;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class PackedImagesInLoaderTests : IDisposable
{
    private static readonly TrainingAugmentation Small = new() { ImageSize = 8, HorizontalFlip = true };

    private readonly TempFolder _folder = new();

    private string Cache => _folder.At("images.packed");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Images_that_are_not_shrunk_give_the_very_batches_of_a_run_without_a_cache(int threads)
    {
        var source = new MemorySource([.. Enumerable.Range(0, 50).Select(i => Pictures.NoisePng(20 + (3 * i), 150 - (2 * i), i))]);
        var options = new ImageLoaderOptions { BatchSize = 8, Seed = 5, Threads = threads };
        using var plain = new ImageLoader(source, Small, options);
        using var cached = new ImageLoader(source, Small, options with { Cache = Cache, CacheSize = 500 });

        Batches.Describe(cached.Steps(0, 15)).Should().Equal(Batches.Describe(plain.Steps(0, 15)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Batches_of_shrunk_images_are_the_same_for_any_number_of_threads(int threads)
    {
        var source = new MemorySource([.. Enumerable.Range(0, 50).Select(i => Pictures.NoisePng(20 + (3 * i), 150 - (2 * i), i))]);
        var options = new ImageLoaderOptions { BatchSize = 8, Seed = 5, CacheSize = 16 };
        using var synchronous = new ImageLoader(source, Small, options with { Cache = Cache, Threads = 0 });
        using var threaded = new ImageLoader(source, Small, options with { Cache = Cache + threads, Threads = threads });

        Batches.Describe(threaded.Steps(0, 15)).Should().Equal(Batches.Describe(synchronous.Steps(0, 15)));
    }

    [Fact]
    public void Crops_of_shrunk_images_show_the_same_place()
    {
        // A gradient tells where each pixel comes from: 3 of 255 levels are 4 of 400 pixels.
        byte[][] files = [.. Enumerable.Range(0, 16).Select(i => (i % 4) switch
        {
            0 => Pictures.Jpeg(401, 299, i),
            1 => Pictures.Png(299, 401, i),
            2 => Pictures.WithOrientation(Pictures.Jpeg(401, 299, i), 8),
            _ => Pictures.Png(350, 350, i),
        })];
        var augmentation = new TrainingAugmentation { ImageSize = 32, HorizontalFlip = true };
        var options = new ImageLoaderOptions { BatchSize = 16, Threads = 0 };
        using var plain = new ImageLoader(new MemorySource(files), augmentation, options);
        using var cached = new ImageLoader(new MemorySource(files), augmentation, options with { Cache = Cache });

        foreach ((ImageBatch expected, ImageBatch actual) in plain.Steps(0, 20).Zip(cached.Steps(0, 20)))
        {
            actual.Indices.Should().Equal(expected.Indices);
            actual.Pixels.Zip(expected.Pixels, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThanOrEqualTo(3);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Bad_images_are_the_same_for_the_same_reasons_and_are_replaced_by_the_same_ones(int threads)
    {
        byte[][] files = [.. Enumerable.Range(0, 60).Select(i => Pictures.NoisePng(12, 10, i))];
        files[3] = [];
        files[17] = "no picture"u8.ToArray();
        files[31] = files[31][..60];
        files[44] = Pictures.NoisePng(40, 40);
        var source = new MemorySource(files) { OnOpen = index => { if (index == 50) { throw new IOException("The disk is worn out."); } } };
        var options = new ImageLoaderOptions { BatchSize = 12, Threads = threads, Decoding = new ImageDecodingOptions { MaxPixels = 1000 } };
        var logger = new CollectingLogger();
        using var plain = new ImageLoader(source, Small, options);
        using var cached = new ImageLoader(source, Small, options with { Cache = Cache, CacheSize = 500 }, logger);

        Batches.Describe(cached.Steps(0, 10)).Should().Equal(Batches.Describe(plain.Steps(0, 10)));
        cached.BadImages.Should().Equal(plain.BadImages).And.HaveCount(5);
        logger.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message).Should()
            .HaveCount(5).And.Contain("The image image 50 cannot be used and is replaced by another: The disk is worn out.");
    }

    [Fact]
    public void In_evaluation_bad_images_are_left_out_as_without_a_cache()
    {
        byte[][] files = [.. Enumerable.Range(0, 21).Select(i => i % 10 == 9 ? [] : Pictures.NoisePng(12, 10, i))];
        var view = new EvaluationTransform { ImageSize = 8 };
        var options = new ImageLoaderOptions { BatchSize = 8, Threads = 2 };
        using var plain = new ImageLoader(new MemorySource(files), view, options);
        using var cached = new ImageLoader(new MemorySource(files), view, options with { Cache = Cache, CacheSize = 16 });

        Batches.Describe(cached.Epoch(0)).Should().Equal(Batches.Describe(plain.Epoch(0)));
        cached.BadImages.Should().Equal(plain.BadImages).And.HaveCount(2);
    }

    [Fact]
    public void The_source_is_not_read_again_once_it_is_packed()
    {
        int opened = 0;
        var source = new MemorySource(40) { OnOpen = _ => Interlocked.Increment(ref opened) };
        var options = new ImageLoaderOptions { BatchSize = 8, Threads = 2, Cache = Cache };
        using (var first = new ImageLoader(source, Small, options))
        {
            Batches.Describe(first.Steps(3, 0)).Should().BeEmpty();
            opened.Should().Be(0, "nothing is packed before it is needed");
            first.Prepare();
            opened.Should().BeGreaterThanOrEqualTo(40);
            opened = 0;
            Batches.Describe(first.Steps(0, 15)).Should().HaveCount(15);
        }

        using var second = new ImageLoader(source, Small, options);
        Batches.Describe(second.Steps(0, 15)).Should().HaveCount(15);
        opened.Should().Be(0);
    }

    [Fact]
    public void Packing_for_a_loader_can_be_cancelled_and_begun_again()
    {
        using var cancel = new CancellationTokenSource();
        using var loader = new ImageLoader(new MemorySource(40), Small, new ImageLoaderOptions { BatchSize = 8, Threads = 0, Cache = Cache });
        var cancelling = new OnReport(report => cancel.Cancel());

        loader.Invoking(l => l.Prepare(cancelling, cancel.Token)).Should().Throw<OperationCanceledException>().Which.CancellationToken.Should().Be(cancel.Token);

        Directory.GetFiles(_folder.Path).Should().BeEmpty();
        Batches.Describe(loader.Epoch(0)).Should().HaveCount(5);
    }

    [Fact]
    public void A_loader_can_be_disposed_while_it_packs_even_by_the_one_who_is_told_of_it()
    {
        var loader = new ImageLoader(new MemorySource(40), Small, new ImageLoaderOptions { BatchSize = 8, Cache = Cache });
        var disposing = new OnReport(report => { if (report.Done == 3) { loader.Dispose(); } });

        loader.Invoking(l => l.Prepare(disposing)).Should().Throw<ObjectDisposedException>()
            .WithMessage("The loader was disposed while its images were packed; nothing was left behind.*");

        Directory.GetFiles(_folder.Path).Should().BeEmpty();
        loader.Invoking(l => l.Prepare()).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Readers_at_work_outlive_the_disposal_and_later_ones_are_told()
    {
        PackedImages packed = PackedImages.Create(new MemorySource([.. Enumerable.Range(0, 30).Select(i => Pictures.NoisePng(200, 200, i))]), Cache);
        using var started = new CountdownEvent(4);
        var ends = new Exception?[4];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            byte[] pixels = new byte[64 * 64 * 3];
            var resampler = new PixelResampler();
            var transform = new TrainingAugmentation { ImageSize = 64 };
            try
            {
                for (int i = 0; ; i++)
                {
                    ((IDecodedImageSource)packed).Draw(i % 30, transform, new SampleKey(0, number, i), resampler, pixels);
                    if (i == 30)
                    {
                        started.Signal();
                    }
                }
            }
            catch (ObjectDisposedException e)
            {
                ends[number] = e;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        started.Wait();

        packed.Dispose();

        Array.ForEach(threads, thread => thread.Join());
        ends.Should().AllSatisfy(end => end.Should().BeOfType<ObjectDisposedException>().Which.Message.Should()
            .StartWith($"The packed images '{Cache}' were disposed. Dispose them after everything that reads them."));
        packed.GetName(3).Should().Be("image 3");
        packed.Invoking(p => p.OpenRead(3)).Should().Throw<ObjectDisposedException>();
        packed.Dispose();
    }

    [Fact]
    public void What_a_reader_holds_stays_mapped_until_it_lets_go()
    {
        byte[] content = Pictures.Noise(300, 100).Pixels;
        string path = _folder.Write("content", content);
        var map = new PackedMap(PackedFiles.OpenStream(path), path, content.Length);
        using (PackedMap.Lease lease = map.Rent(1000, 80_000))
        {
            map.Dispose();
            lease.Bytes.SequenceEqual(content.AsSpan(1000, 80_000)).Should().BeTrue();
        }

        FluentActions.Invoking(() => map.Rent(0, 1).Bytes.Length).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Packed_images_that_are_disposed_under_a_loader_end_it_with_an_exception()
    {
        PackedImages packed = PackedImages.Create(new MemorySource(40), Cache);
        using var loader = new ImageLoader(packed, Small, new ImageLoaderOptions { BatchSize = 8, Threads = 2 });
        using IEnumerator<ImageBatch> batches = loader.Steps(0, 1000).GetEnumerator();
        batches.MoveNext().Should().BeTrue();

        packed.Dispose();

        FluentActions.Invoking(() => { while (batches.MoveNext()) { batches.Current.Dispose(); } })
            .Should().Throw<ImageSourceException>().WithInnerException<ObjectDisposedException>();
    }

    [Fact]
    public void Settings_of_the_cache_are_checked()
    {
        new ImageLoaderOptions().Cache.Should().BeNull();
        new ImageLoaderOptions().CacheSize.Should().BeNull();
        new ImageLoaderOptions { Cache = "x", CacheSize = 1 }.Validate().Should().BeEmpty();
        new ImageLoaderOptions { Cache = "a\0b", CacheSize = 0 }.Validate().Should().Equal(
            "Cache is 'a\\0b'; it must be the path of a file, or null to decode each time.",
            "CacheSize is 0; it must be from 1 to 16384 pixels, or null to choose it by the transform.");
        new ImageLoaderOptions { Cache = " ", CacheSize = 16_385 }.Validate().Should().HaveCount(2);
    }

    private sealed class OnReport(Action<PackingProgress> action) : IProgress<PackingProgress>
    {
        public void Report(PackingProgress value) => action(value);
    }
}
