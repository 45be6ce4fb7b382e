using Microsoft.Extensions.Logging;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class PackedImagesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.At("cache/images.packed");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_that_are_not_shrunk_come_back_exactly()
    {
        byte[][] files =
        [
            Pictures.NoisePng(31, 17, 1),
            Pictures.NoisePng(1, 1, 2),
            Pictures.NoisePng(1, 300, 3),
            Pictures.NoisePng(300, 1, 4),
            Pictures.GreyJpeg(24, 16, 77),
            Pictures.WithOrientation(Pictures.Jpeg(40, 24), 6),
            Pictures.NoisePng(400, 64, 5),
        ];
        using PackedImages packed = PackedImages.Create(new MemorySource(files), Path, new PackedImagesOptions { ShorterSide = 64 });

        var decoder = new ImageDecoder();
        for (int i = 0; i < files.Length; i++)
        {
            RgbImage expected = decoder.Decode(new MemoryStream(files[i]), "x");
            RgbImage actual = decoder.Decode(packed, i);
            (actual.Width, actual.Height).Should().Be((expected.Width, expected.Height), "of image {0}", i);
            actual.Pixels.Should().Equal(expected.Pixels, "of image {0}", i);
        }
    }

    [Theory]
    [InlineData(2000, 1500, 21, 16)]
    [InlineData(1500, 2000, 16, 21)]
    [InlineData(17, 17, 16, 16)]
    [InlineData(3000, 20, 2400, 16)]
    [InlineData(3000, 2, 3000, 2)]
    public void Larger_images_are_shrunk_to_the_shorter_side_as_the_resampler_does_it(int width, int height, int packedWidth, int packedHeight)
    {
        RgbImage image = Pictures.Noise(width, height);
        byte[] file = Pictures.Encode(image, SkiaSharp.SKEncodedImageFormat.Png);
        using PackedImages packed = PackedImages.Create(new MemorySource([file]), Path, new PackedImagesOptions { ShorterSide = 16 });

        RgbImage actual = new ImageDecoder().Decode(packed, 0);

        (actual.Width, actual.Height).Should().Be((packedWidth, packedHeight));
        actual.Pixels.Should().Equal(ImageResampler.Resize(image, packedWidth, packedHeight).Pixels);
    }

    [Fact]
    public void A_packed_file_stands_alone()
    {
        byte[][] files = [.. Enumerable.Range(0, 20).Select(i => i == 7 ? "no picture"u8.ToArray() : Pictures.Png(12, 10, i))];
        PackedImages.Create(new MemorySource(files), Path, new PackedImagesOptions { ShorterSide = 33 }).Dispose();

        using PackedImages packed = PackedImages.Open(Path);

        packed.Count.Should().Be(20);
        packed.ShorterSide.Should().Be(33);
        packed.ClassNames.Should().Equal("even", "odd");
        packed.GetName(19).Should().Be("image 19");
        packed.GetLabel(19).Should().Be(1);
        packed.ToString().Should().Be($"{Path}: 20 images, 2 classes, shorter side 33");
        packed.BadImages.Should().Equal(new BadImage(7, "image 7", "it is not a JPEG, PNG, WebP or BMP file, or its header is damaged (it starts with \"no pictu\")"));
        packed.Invoking(p => p.OpenRead(7)).Should().Throw<InvalidDataException>().WithMessage(packed.BadImages[0].Reason);
    }

    [Fact]
    public void An_unchanged_source_is_neither_read_nor_packed_again()
    {
        int opened = 0;
        var source = new MemorySource(20) { OnOpen = _ => Interlocked.Increment(ref opened) };
        var logger = new CollectingLogger();
        PackedImages.OpenOrCreate(source, Path).Dispose();
        opened.Should().BeGreaterThanOrEqualTo(20);
        (byte[] Bytes, DateTime Time) before = (File.ReadAllBytes(Path), File.GetLastWriteTimeUtc(Path));
        opened = 0;
        var progress = new Reports();

        using PackedImages packed = PackedImages.OpenOrCreate(source, Path, new PackedImagesOptions { Threads = 3, MaxBadImageShare = 0.5 }, progress, logger);

        opened.Should().Be(0);
        progress.All.Should().BeEmpty();
        File.ReadAllBytes(Path).Should().Equal(before.Bytes);
        File.GetLastWriteTimeUtc(Path).Should().Be(before.Time);
        logger.Entries.Should().ContainSingle().Which.Should().Be((LogLevel.Information, $"Using the packed images {Path}: 20 images, shorter side 409"));
    }

    public static TheoryData<string, string> Changes() => new()
    {
        { "longer", "the images have changed since" },
        { "touched", "the images have changed since" },
        { "renamed", "the images have changed since" },
        { "removed", "the images have changed since" },
        { "none", "" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_changed_folder_is_packed_again(string change, string reason)
    {
        _folder.WriteAll(Pictures.Png(12, 10), "images/a/1.png", "images/a/2.png", "images/b/3.png");
        PackedImages.OpenOrCreate(ImageFolder.Open(_folder.At("images")), Path).Dispose();
        string changed = _folder.At("images/a/2.png");
        switch (change)
        {
            case "longer": File.WriteAllBytes(changed, Pictures.Png(13, 10)); break;
            case "touched": File.SetLastWriteTimeUtc(changed, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc)); break;
            case "renamed": File.Move(changed, _folder.At("images/b/2.png")); break;
            case "removed": File.Delete(changed); break;
            default: break;
        }

        var logger = new CollectingLogger();
        using PackedImages packed = PackedImages.OpenOrCreate(ImageFolder.Open(_folder.At("images")), Path, logger: logger);

        packed.Count.Should().Be(change == "removed" ? 2 : 3);
        new ImageDecoder().Decode(packed, change == "removed" ? 0 : 1).Width.Should().Be(change == "longer" ? 13 : 12);
        string[] warnings = [.. logger.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message)];
        warnings.Should().Equal(reason.Length == 0 ? [] : [$"The packed images {Path} cannot be used again and are made anew: {reason}"]);
    }

    [Fact]
    public void Other_bytes_of_the_same_length_in_a_zip_are_noticed()
    {
        byte[] first = Pictures.Bmp(Pictures.Noise(9, 9, 1));
        byte[] second = Pictures.Bmp(Pictures.Noise(9, 9, 2));
        second.Should().HaveSameCount(first);
        RgbImage Pack(byte[] image)
        {
            using ImageArchive archive = ImageArchive.Open(_folder.Write("images.zip", Zip.Of(("a/1.bmp", image))));
            using PackedImages packed = PackedImages.OpenOrCreate(archive, Path);
            return new ImageDecoder().Decode(packed, 0);
        }

        Pack(first).Pixels.Should().Equal(Pictures.Noise(9, 9, 1).Pixels);
        Pack(second).Pixels.Should().Equal(Pictures.Noise(9, 9, 2).Pixels);
    }

    [Fact]
    public void Other_settings_pack_again_and_say_so()
    {
        var logger = new CollectingLogger();
        var source = new MemorySource(3);
        PackedImages.OpenOrCreate(source, Path, new PackedImagesOptions { ShorterSide = 8 }).Dispose();

        using PackedImages packed = PackedImages.OpenOrCreate(source, Path, new PackedImagesOptions { ShorterSide = 9 }, logger: logger);

        packed.ShorterSide.Should().Be(9);
        logger.Entries.First().Message.Should().Be($"The packed images {Path} cannot be used again and are made anew: its ShorterSide is 8, not 9");
    }

    [Fact]
    public void A_view_of_packed_images_shows_the_same_pixels()
    {
        using PackedImages packed = PackedImages.Create(new MemorySource(20), Path);
        IImageSource view = packed.Subset([5, 2, 9]);
        var transform = new EvaluationTransform { ImageSize = 8 };
        using var loader = new ImageLoader(view, transform, new ImageLoaderOptions { BatchSize = 3, Threads = 0 });
        using ImageBatch batch = loader.Epoch(0).Single();
        byte[] expected = new byte[8 * 8 * 3];

        new ImageDecoder().Render(new MemorySource(20).OpenRead(2), "x", transform, expected);

        batch.GetImage(1).ToArray().Should().Equal(expected);
        view.Should().BeAssignableTo<IDecodedImageSource>("no crop of it needs an encoded stream");
    }

    [Fact]
    public void Options_follow_the_transform()
    {
        var defaults = new PackedImagesOptions();

        (defaults.ShorterSide, defaults.Threads, defaults.MaxBadImageShare).Should().Be((409, Math.Clamp(Environment.ProcessorCount, 1, 16), 0.1));
        defaults.Decoding.Should().Be(new ImageDecodingOptions());
        defaults.Validate().Should().BeEmpty();
        PackedImagesOptions.For(TrainingAugmentation.Paper).Should().Be(defaults);
        PackedImagesOptions.For(new TrainingAugmentation { ImageSize = 96, CropScaleMin = 0.25 }).ShorterSide.Should().Be(192);
        PackedImagesOptions.For(EvaluationTransform.Paper).ShorterSide.Should().Be(256);
        PackedImagesOptions.For(new EvaluationTransform { ImageSize = 100, ResizeShorterSide = null }).ShorterSide.Should().Be(100);
        PackedImagesOptions.For(new TrainingAugmentation { ImageSize = 8192, CropScaleMin = 0.01 }).ShorterSide.Should().Be(16_384);
    }

    [Fact]
    public void All_invalid_settings_are_listed_at_once()
    {
        var options = new PackedImagesOptions { ShorterSide = 0, Threads = 257, MaxBadImageShare = -1, Decoding = new ImageDecodingOptions { MaxPixels = 0 } };

        FluentActions.Invoking(() => PackedImages.Create(new MemorySource(0), Path, options)).Should().Throw<ArgumentException>().WithMessage(string.Join(
            Environment.NewLine + "  - ",
            "The images cannot be packed:",
            "ShorterSide is 0; it must be from 1 to 16384 pixels.",
            "Threads is 257; it must be from 1 to 256.",
            "MaxBadImageShare is -1; it must be from 0 to 1.",
            "MaxPixels is 0; it must be from 1 to 500000000.",
            "The image source is empty; at least one image is needed.*"));
    }

    private sealed class Reports : IProgress<PackingProgress>
    {
        public List<PackingProgress> All { get; } = [];

        public void Report(PackingProgress value) => All.Add(value);
    }
}
