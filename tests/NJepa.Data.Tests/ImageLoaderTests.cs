using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class ImageLoaderTests
{
    private static readonly TrainingAugmentation Small = new() { ImageSize = 8, HorizontalFlip = true };
    private static readonly EvaluationTransform SmallView = new() { ImageSize = 8 };

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(8, 4)]
    public void Batches_are_the_same_for_any_number_of_threads(int threads, int prefetch)
    {
        var source = new MemorySource(50);
        using var synchronous = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 8, Seed = 5, Threads = 0 });
        using var threaded = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 8, Seed = 5, Threads = threads, Prefetch = prefetch });

        for (int epoch = 0; epoch < 3; epoch++)
        {
            Drain(threaded.Epoch(epoch)).Should().Equal(Drain(synchronous.Epoch(epoch)));
        }
    }

    [Fact]
    public void An_epoch_shows_each_image_at_most_once_in_a_fresh_order_and_drops_the_incomplete_batch()
    {
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 8, Threads = 2 });
        int[] first = [.. Batches(loader.Epoch(0)).SelectMany(batch => batch.Indices)];
        int[] second = [.. Batches(loader.Epoch(1)).SelectMany(batch => batch.Indices)];

        loader.BatchesPerEpoch.Should().Be(6);
        first.Should().HaveCount(48).And.OnlyHaveUniqueItems();
        second.Should().HaveCount(48).And.OnlyHaveUniqueItems();
        second.Should().NotEqual(first);
        loader.ImagesLoaded.Should().Be(96);
    }

    [Fact]
    public void Another_seed_gives_another_order()
    {
        var source = new MemorySource(30);
        using var a = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 30, Seed = 1, Threads = 0 });
        using var b = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 30, Seed = 2, Threads = 0 });

        Batches(a.Epoch(0)).Single().Indices.Should().NotEqual(Batches(b.Epoch(0)).Single().Indices);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void An_epoch_can_start_in_its_middle(int threads)
    {
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 8, Threads = threads });
        string[] whole = Drain(loader.Epoch(3));

        for (int start = 0; start <= 6; start++)
        {
            Drain(loader.Epoch(3, start)).Should().Equal(whole[start..]);
        }
    }

    [Fact]
    public void Steps_run_across_epochs()
    {
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 8, Threads = 2 });
        string[] epochs = [.. Drain(loader.Epoch(0)), .. Drain(loader.Epoch(1)), .. Drain(loader.Epoch(2))];

        Drain(loader.Steps(4, 10)).Should().Equal(epochs[4..14]);
        Batches(loader.Steps(4, 4)).Select(batch => (batch.Epoch, batch.Step)).Should().Equal((0, 4L), (0, 5L), (1, 0L), (1, 1L));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Evaluation_keeps_the_order_of_the_source_and_ends_with_a_partial_batch(int threads)
    {
        using var loader = new ImageLoader(new MemorySource(21), SmallView, new ImageLoaderOptions { BatchSize = 8, Threads = threads });

        List<ImageBatch> batches = Batches(loader.Epoch(0));

        loader.BatchesPerEpoch.Should().Be(3);
        batches.Select(batch => batch.Count).Should().Equal(8, 8, 5);
        batches.SelectMany(batch => batch.Indices).Should().Equal(Enumerable.Range(0, 21));
        batches.SelectMany(batch => batch.Labels).Should().Equal(Enumerable.Range(0, 21).Select(i => i % 2));
        batches.Should().OnlyContain(batch => batch.Pixels.Length == batch.Count * 8 * 8 * 3);
    }

    [Fact]
    public void A_batch_holds_what_the_decoder_renders()
    {
        var source = new MemorySource(20);
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 5, Seed = 9, Threads = 2 });
        using ImageBatch batch = loader.Epoch(4, 2).First();
        byte[] expected = new byte[8 * 8 * 3];

        new ImageDecoder().Render(source.OpenRead(batch.Indices[3]), "x", Small, expected, seed: 9, epoch: 4, index: batch.Indices[3]);

        batch.GetImage(3).ToArray().Should().Equal(expected);
        batch.Labels[3].Should().Be(batch.Indices[3] % 2);
        (batch.Count, batch.ImageSize).Should().Be((5, 8));
        batch.Invoking(b => b.GetImage(5).Length).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Buffers_of_disposed_batches_are_used_again_and_those_of_others_are_not()
    {
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 8, Threads = 0 });
        var buffers = new HashSet<byte[]>(ReferenceEqualityComparer.Instance);
        foreach (ImageBatch batch in loader.Steps(0, 30))
        {
            buffers.Add(batch.Pixels);
            batch.Dispose();
            batch.Dispose();
        }

        buffers.Should().HaveCount(1);
        List<ImageBatch> kept = Batches(loader.Steps(0, 30));
        kept.Select(batch => batch.Pixels).Distinct(ReferenceEqualityComparer.Instance).Should().HaveCount(30);
        kept[0].Dispose();
        kept[0].Invoking(batch => batch.Pixels).Should().Throw<ObjectDisposedException>().WithMessage("The batch was disposed and its pixels belong to another one. Copy them before disposing it.*");
    }

    [Fact]
    public void No_more_than_the_prefetch_is_loaded_ahead()
    {
        int opened = 0;
        var source = new MemorySource(100) { OnOpen = _ => Interlocked.Increment(ref opened) };
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 5, Threads = 3, Prefetch = 2 });
        using IEnumerator<ImageBatch> batches = loader.Epoch(0).GetEnumerator();

        for (int taken = 1; taken <= 4; taken++)
        {
            batches.MoveNext().Should().BeTrue();
            // Until nothing moves any more: one batch in hand and two ahead.
            SpinWait.SpinUntil(() => Volatile.Read(ref opened) >= (taken + 2) * 5, TimeSpan.FromSeconds(10)).Should().BeTrue();
            Thread.Sleep(30);
            Volatile.Read(ref opened).Should().Be((taken + 2) * 5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Cancelling_ends_the_enumeration(int threads)
    {
        using var cancellation = new CancellationTokenSource();
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 5, Threads = threads });
        using IEnumerator<ImageBatch> batches = loader.Epoch(0, 0, cancellation.Token).GetEnumerator();
        batches.MoveNext().Should().BeTrue();

        cancellation.Cancel();

        batches.Invoking(b => b.MoveNext()).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Cancelling_wakes_a_consumer_that_waits()
    {
        using var release = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var source = new MemorySource(50) { OnOpen = _ => { cancellation.CancelAfter(20); release.Wait(); } };
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 5, Threads = 2 });
        using IEnumerator<ImageBatch> batches = loader.Epoch(0, 0, cancellation.Token).GetEnumerator();
        using var later = new Timer(_ => release.Set(), null, 300, Timeout.Infinite);

        batches.Invoking(b => b.MoveNext()).Should().Throw<OperationCanceledException>();
        release.Set();
    }

    [Fact]
    public void Leaving_an_epoch_early_ends_its_threads()
    {
        using var loader = new ImageLoader(new MemorySource(40), Small, new ImageLoaderOptions { BatchSize = 4, Threads = 4, Prefetch = 3 });
        for (int i = 0; i < 30; i++)
        {
            foreach (ImageBatch batch in loader.Epoch(i))
            {
                batch.Dispose();
                break;
            }
        }

        // Were a thread left behind, it would still take images of an epoch that nobody reads.
        long before = loader.ImagesLoaded;
        Drain(loader.Epoch(0)).Should().HaveCount(10);
        loader.ImagesLoaded.Should().Be(before + 40);
    }

    [Fact]
    public void No_thread_outlives_the_enumeration()
    {
        int running = 0;
        var source = new MemorySource(60) { OnOpen = _ => { Interlocked.Increment(ref running); Thread.Sleep(1); Interlocked.Decrement(ref running); } };
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 6, Threads = 4 });
        for (int i = 0; i < 5; i++)
        {
            loader.Epoch(i).First().Dispose();

            running.Should().Be(0);
        }
    }

    [Fact]
    public void Disposing_the_loader_while_it_prefetches_ends_the_enumeration()
    {
        var loader = new ImageLoader(new MemorySource(60), Small, new ImageLoaderOptions { BatchSize = 6, Threads = 3 });
        using IEnumerator<ImageBatch> batches = loader.Epoch(0).GetEnumerator();
        batches.MoveNext();
        byte[] pixels = [.. batches.Current.Pixels];

        loader.Dispose();

        batches.Current.Pixels.Should().Equal(pixels, "a delivered batch stays valid");
        batches.Invoking(b => b.MoveNext()).Should().Throw<ObjectDisposedException>();
        loader.Invoking(l => l.Epoch(0)).Should().Throw<ObjectDisposedException>();
        loader.Dispose();
    }

    [Fact]
    public async Task Disposing_the_loader_wakes_a_consumer_that_waits()
    {
        using var opened = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var source = new MemorySource(50) { OnOpen = _ => { opened.Set(); release.Wait(); } };
        var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 5, Threads = 2 });
        Task<bool> waiting = Task.Run(() => loader.Epoch(0).Any());
        opened.Wait();

        Task disposing = Task.Run(loader.Dispose);

        await waiting.Invoking(task => task).Should().ThrowAsync<ObjectDisposedException>("no image can arrive before the release");
        release.Set();
        await disposing;
    }

    [Fact]
    public void Two_epochs_can_be_read_side_by_side()
    {
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 8, Threads = 2 });
        string[] first = Drain(loader.Epoch(0));
        string[] second = Drain(loader.Epoch(1));

        foreach (((string a, string b), int i) in loader.Epoch(0).Select(Describe).Zip(loader.Epoch(1).Select(Describe)).Select((pair, i) => (pair, i)))
        {
            (a, b).Should().Be((first[i], second[i]));
        }
    }

    [Fact]
    public void Waiting_is_measured()
    {
        var source = new MemorySource(8) { OnOpen = _ => Thread.Sleep(5) };
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 8, Threads = 1 });
        loader.WaitTime.Should().Be(TimeSpan.Zero);

        Drain(loader.Epoch(0));

        loader.WaitTime.Should().BeGreaterThan(TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void Folders_and_zips_give_the_same_batches()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 24; i++)
        {
            folder.Write($"images/{(i % 2 == 0 ? "cat" : "dog")}/{i}.{(i % 3 == 0 ? "png" : "jpg")}", i % 3 == 0 ? Pictures.Png(20, 30, i) : Pictures.Jpeg(40, 30, i));
        }

        System.IO.Compression.ZipFile.CreateFromDirectory(folder.At("images"), folder.At("images.zip"));
        using ImageArchive archive = ImageArchive.Open(folder.At("images.zip"));
        var options = new ImageLoaderOptions { BatchSize = 8, Threads = 2 };
        using var fromFolder = new ImageLoader(ImageFolder.Open(folder.At("images")), Small, options);
        using var fromZip = new ImageLoader(archive, Small, options);

        Drain(fromZip.Epoch(0)).Should().Equal(Drain(fromFolder.Epoch(0)));
    }

    [Fact]
    public void A_source_smaller_than_a_batch_is_refused_with_the_largest_batch()
    {
        FluentActions.Invoking(() => new ImageLoader(new MemorySource(7), Small, new ImageLoaderOptions { BatchSize = 8 })).Should().Throw<ArgumentException>()
            .WithMessage($"The image loader's settings are invalid:{Environment.NewLine}  - The source has 7 images, fewer than a batch of 8. Set BatchSize to 7 or less, or add images.*");
        new ImageLoader(new MemorySource(7), SmallView, new ImageLoaderOptions { BatchSize = 8 }).BatchesPerEpoch.Should().Be(1);
    }

    [Fact]
    public void All_invalid_settings_are_listed_at_once()
    {
        var options = new ImageLoaderOptions { BatchSize = 0, Threads = -1, Prefetch = 0, MaxBadImageShare = double.NaN, Decoding = new ImageDecodingOptions { MaxPixels = 0 } };

        FluentActions.Invoking(() => new ImageLoader(new MemorySource(0), new TrainingAugmentation { ImageSize = 0 }, options)).Should().Throw<ArgumentException>()
            .WithMessage(string.Join(
                Environment.NewLine + "  - ",
                "The image loader's settings are invalid:",
                "ImageSize is 0; it must be from 1 to 8192 pixels.",
                "BatchSize is 0; it must be from 1 to 65536.",
                "Threads is -1; it must be from 0 to 256.",
                "Prefetch is 0; it must be from 1 to 1024.",
                "MaxBadImageShare is NaN; it must be from 0 to 1.",
                "MaxPixels is 0; it must be from 1 to 500000000.",
                "The image source is empty; at least one image is needed.*"));
        FluentActions.Invoking(() => new ImageLoader(new MemorySource([.. Enumerable.Repeat(Array.Empty<byte>(), 100)]), new TrainingAugmentation { ImageSize = 8192 }, new ImageLoaderOptions { BatchSize = 100 }))
            .Should().Throw<ArgumentException>().WithMessage("*A batch of 100 images of 8192 pixels takes 20132659200 bytes, more than an array's*Lower BatchSize or ImageSize.*");
    }

    [Fact]
    public void Defaults_are_those_documented()
    {
        var options = new ImageLoaderOptions();

        (options.BatchSize, options.Seed, options.Prefetch, options.MaxBadImageShare).Should().Be((128, 0UL, 4, 0.1));
        options.Threads.Should().Be(Math.Clamp(Environment.ProcessorCount / 2, 1, 8));
        options.Decoding.Should().Be(new ImageDecodingOptions());
        options.Validate().Should().BeEmpty();
    }

    [Fact]
    public void Steps_out_of_range_are_refused()
    {
        using var loader = new ImageLoader(new MemorySource(50), Small, new ImageLoaderOptions { BatchSize = 8 });

        loader.Invoking(l => l.Epoch(-1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("The epoch is -1; epochs count from 0.*");
        loader.Invoking(l => l.Epoch(0, 7)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("The start step is 7; an epoch of this loader has steps 0 to 5 (and 6 stands for its end).*");
        loader.Invoking(l => l.Steps(0, long.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
        Drain(loader.Epoch(int.MaxValue - 1, 5)).Should().HaveCount(1);
    }

    private static List<ImageBatch> Batches(IEnumerable<ImageBatch> batches) => [.. batches];

    private static string[] Drain(IEnumerable<ImageBatch> batches) => [.. batches.Select(Describe)];

    private static string Describe(ImageBatch batch)
    {
        using (batch)
        {
            return $"{batch.Epoch}.{batch.Step}: {string.Join(' ', batch.Indices)} | {string.Join(' ', batch.Labels)} | {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(batch.Pixels))}";
        }
    }
}
