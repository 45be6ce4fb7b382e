using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class PackingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.At("images.packed");

    private string[] Files => [.. Directory.GetFiles(_folder.Path).Select(file => System.IO.Path.GetFileName(file))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void What_is_packed_is_the_same_for_any_number_of_threads(int threads)
    {
        byte[][] files = [.. Enumerable.Range(0, 60).Select(i => i % 20 == 3 ? [] : Pictures.NoisePng(30 + (i % 7), 20 + (i % 5), i))];
        var reports = new List<PackingProgress>();
        using PackedImages packed = PackedImages.Create(
            new MemorySource(files), Path, new PackedImagesOptions { ShorterSide = 16, Threads = threads }, new Collect(reports));

        packed.BadImages.Select(bad => bad.Index).Should().Equal(3, 23, 43);
        var decoder = new ImageDecoder();
        for (int i = 0; i < files.Length; i++)
        {
            if (files[i].Length > 0)
            {
                RgbImage expected = ImageResampler.Resize(Pictures.Noise(30 + (i % 7), 20 + (i % 5), i), (int)Math.Round((30 + (i % 7)) * 16.0 / (20 + (i % 5))), 16);
                decoder.Decode(packed, i).Pixels.Should().Equal(expected.Pixels, "of image {0}", i);
            }
        }

        reports[0].Should().Be(new PackingProgress(0, 60, 0, reports[0].ExpectedBytes));
        reports.Select(report => report.Done).Should().Equal(Enumerable.Range(0, 61));
        reports[^1].Bytes.Should().BeLessThan(new FileInfo(Path).Length);
        reports[0].ExpectedBytes.Should().BeCloseTo(new FileInfo(Path).Length, 4000, "all images were looked at, but for names and the like");
        reports[^1].ToString().Should().StartWith("packed 60 of 60 images, 0 MB of about 0 MB");
    }

    [Fact]
    public void Cancelling_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        int opened = 0;
        var source = new MemorySource(200) { OnOpen = _ => CancelAt(ref opened, 300, cancel) };

        FluentActions.Invoking(() => PackedImages.Create(source, Path, cancellationToken: cancel.Token)).Should().Throw<OperationCanceledException>();

        opened.Should().BeLessThan(350, "200 were looked at for their size, and then packing ended early");
        Files.Should().BeEmpty();
    }

    [Fact]
    public void Cancelling_leaves_the_file_that_was_there()
    {
        PackedImages.Create(new MemorySource(10), Path).Dispose();
        byte[] before = File.ReadAllBytes(Path);
        using var cancel = new CancellationTokenSource();
        int opened = 0;
        var source = new MemorySource(200) { OnOpen = _ => CancelAt(ref opened, 300, cancel) };

        FluentActions.Invoking(() => PackedImages.OpenOrCreate(source, Path, cancellationToken: cancel.Token)).Should().Throw<OperationCanceledException>();

        Files.Should().Equal("images.packed");
        File.ReadAllBytes(Path).Should().Equal(before);
    }

    [Fact]
    public void A_file_that_is_being_read_can_be_replaced()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using PackedImages old = PackedImages.Create(new MemorySource([Pictures.NoisePng(9, 9, 1)]), Path);
        using PackedImages replaced = PackedImages.Create(new MemorySource([Pictures.NoisePng(9, 9, 2)]), Path);

        new ImageDecoder().Decode(old, 0).Pixels.Should().Equal(Pictures.Noise(9, 9, 1).Pixels);
        new ImageDecoder().Decode(replaced, 0).Pixels.Should().Equal(Pictures.Noise(9, 9, 2).Pixels);
    }

    [Fact]
    public void A_disk_without_the_space_is_refused_before_anything_is_packed()
    {
        var source = new MemorySource([.. Enumerable.Range(0, 10).Select(i => Pictures.Png(1000, 1000, i))]);
        var reports = new List<PackingProgress>();

        FluentActions.Invoking(() => Pack(source, new SmallDisk { Free = 8_000_000 }, reports)).Should().Throw<ImageSourceException>()
            .WithMessage($"Packing 10 images into '{Path}' takes about 30.0 MB, but 8.0 MB are free there. Free space, choose another path, or pack with a smaller shorter side.");

        reports.Should().BeEmpty();
        Files.Should().BeEmpty();
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(29_999_999)]
    public void A_disk_that_fills_up_is_reported_and_the_file_removed(long capacity)
    {
        var source = new MemorySource([.. Enumerable.Range(0, 10).Select(i => Pictures.Png(1000, 1000, i))]);

        FluentActions.Invoking(() => Pack(source, new SmallDisk { Capacity = capacity }, [])).Should().Throw<ImageSourceException>()
            .WithMessage($"The packed images '{Path}' cannot be written: No space left on device. * MB were written; 100000 MB are free there. " +
                "Nothing of it was kept. Free space, choose another path, or pack with a smaller shorter side.");

        Files.Should().BeEmpty();
    }

    [Fact]
    public void Too_many_bad_images_stop_packing_and_leave_nothing()
    {
        byte[][] files = [.. Enumerable.Range(0, 20).Select(i => i < 3 ? [] : Pictures.Png(12, 10, i))];

        FluentActions.Invoking(() => PackedImages.Create(new MemorySource(files), Path, new PackedImagesOptions { Threads = 1 })).Should().Throw<TooManyBadImagesException>()
            .WithMessage("3 of 20 images could not be read, more than MaxBadImageShare = 0.1 allows. *image 0: the file is empty*");

        Files.Should().BeEmpty();
        using PackedImages packed = PackedImages.Create(new MemorySource(files), Path, new PackedImagesOptions { MaxBadImageShare = 0.15 });
        packed.BadImages.Should().HaveCount(3);
    }

    [Fact]
    public void A_source_that_fails_stops_packing_and_leaves_nothing()
    {
        int opened = 0;
        var source = new MemorySource(20) { OnOpen = index => { if (Interlocked.Increment(ref opened) > 20 && index == 5) { throw new TimeoutException("the database is gone"); } } };

        FluentActions.Invoking(() => PackedImages.Create(source, Path)).Should().Throw<ImageSourceException>()
            .WithMessage("The image source MemorySource failed at image 5 (image 5): the database is gone").WithInnerException<TimeoutException>();

        Files.Should().BeEmpty();
    }

    [Fact]
    public void A_file_that_may_grow_no_further_is_a_full_disk()
    {
        // What .NET says of EFBIG.
        var disk = new SmallDisk { Capacity = 400, Full = new ArgumentOutOfRangeException("value", "Specified file length was too large for the file system.") };

        FluentActions.Invoking(() => Pack(new MemorySource(50), disk, [])).Should().Throw<ImageSourceException>()
            .WithMessage($"The packed images '{Path}' cannot be written: '{Path}' may grow no further: the file system, or a limit on the size of files (ulimit -f), does not allow it. 0 MB were written; *");

        Files.Should().BeEmpty();
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_reported()
    {
        _folder.Write("file", [1]);
        string path = _folder.At("file/images.packed");

        FluentActions.Invoking(() => PackedImages.Create(new MemorySource(3), path)).Should().Throw<ImageSourceException>()
            .WithMessage($"The packed images '{path}' cannot be written: *Free space, choose another path, or pack with a smaller shorter side.");
    }

    private static void CancelAt(ref int opened, int count, CancellationTokenSource cancel)
    {
        if (Interlocked.Increment(ref opened) == count)
        {
            cancel.Cancel();
        }
    }

    private void Pack(MemorySource source, PackingDisk disk, List<PackingProgress> reports) => PackedImages.Pack(
        source, Path, new PackedImagesOptions { ShorterSide = 1000 }, new byte[32], new Collect(reports), NullLogger.Instance, disk, CancellationToken.None).Dispose();

    private sealed class Collect(List<PackingProgress> reports) : IProgress<PackingProgress>
    {
        public void Report(PackingProgress value) => reports.Add(value);
    }

    private sealed class SmallDisk : PackingDisk
    {
        public long Free { get; init; } = 100_000_000_000;

        public long Capacity { get; init; } = long.MaxValue;

        public Exception Full { get; init; } = new IOException("No space left on device.");

        public override long? FreeBytes(string folder) => Free;

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
        {
            if (offset + bytes.Length > Capacity)
            {
                throw Full;
            }

            base.Write(file, bytes, offset);
        }
    }
}
