using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class HugePictureTests
{
    private const string TooLarge = "it has 30000 x 30000 pixels, more than MaxPixels = 134217728 allows";

    /// <summary>The encoded file, and what an exception takes.</summary>
    private const long AllowedBytes = 4 << 20;

    private static readonly Dictionary<string, (Func<byte[]> File, string Reason)> Files = new()
    {
        ["PNG, whole"] = (() => HugePictures.PngBomb(), TooLarge),
        ["PNG, header"] = (() => HugePictures.PngHeader(), TooLarge),
        ["JPEG"] = (() => HugePictures.Jpeg(), TooLarge),
        ["JPEG, progressive"] = (() => HugePictures.ProgressiveJpeg(), TooLarge),
        ["WebP"] = (() => HugePictures.Webp(), "it has 16383 x 16383 pixels, more than MaxPixels = 134217728 allows"),
        ["WebP, lossless"] = (() => HugePictures.LosslessWebp(), "it has 16384 x 16384 pixels, more than MaxPixels = 134217728 allows"),
        ["WebP, animated"] = (() => HugePictures.WebpCanvas(20_000), "it has 20000 x 20000 pixels, more than MaxPixels = 134217728 allows"),
        ["GIF"] = (() => HugePictures.Gif(), TooLarge),
        ["BMP"] = (() => HugePictures.Bmp(30_000, 30_000), TooLarge),
        ["BMP, top down"] = (() => HugePictures.Bmp(30_000, -30_000), TooLarge),
    };

    public static TheoryData<string> Formats => [.. Files.Keys];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_huge_picture_of_any_format_is_refused_by_its_header(string format)
    {
        byte[] file = Files[format].File();
        byte[] destination = new byte[8 * 8 * 3];
        var decoder = new ImageDecoder();
        foreach (ImageTransform transform in new ImageTransform[] { new TrainingAugmentation { ImageSize = 8 }, new EvaluationTransform { ImageSize = 8 } })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Action render = () => decoder.Render(new MemoryStream(file), "x.jpg", transform, destination);
            render.Should().Throw<ImageDecodingException>().Which.Reason.Should().Be(Files[format].Reason);
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(AllowedBytes);
        }

        file.Length.Should().BeLessThan(2_000_000);
    }

    [Fact]
    public void What_the_decoder_itself_takes_for_too_large_is_refused_too()
    {
        FluentActions.Invoking(() => new ImageDecoder().Decode(new MemoryStream(HugePictures.WebpCanvas(30_000)), "x.webp"))
            .Should().Throw<ImageDecodingException>().WithMessage("*or its header is damaged*");
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, int.MinValue)]
    [InlineData(int.MinValue, 1)]
    [InlineData(0, 0)]
    [InlineData(1, int.MaxValue)]
    public void Sizes_that_cannot_be_are_refused(int width, int height)
    {
        byte[] file = HugePictures.Bmp(width, height);

        FluentActions.Invoking(() => new ImageDecoder().Decode(new MemoryStream(file), "x.bmp")).Should().Throw<ImageDecodingException>();
    }

    [Fact]
    public void A_picture_just_below_the_limit_that_ends_at_once_takes_memory_and_gives_it_back()
    {
        byte[] file = Pictures.RawPng(10_000, 4000, 8, 2, [0]);
        var decoder = new ImageDecoder();

        for (int i = 0; i < 3; i++)
        {
            decoder.Invoking(d => d.Decode(new MemoryStream(file), "x.png")).Should().Throw<ImageDecodingException>().Which.Reason.Should().StartWith("it is truncated");
        }
    }

    [Theory]
    [InlineData(1, 60_000)]
    [InlineData(60_000, 1)]
    public void Pictures_of_one_line_are_pictures(int width, int height)
    {
        byte[] file = Pictures.Png(width, height);
        byte[] destination = new byte[8 * 8 * 3];

        new ImageDecoder().Render(new MemoryStream(file), "x", new TrainingAugmentation { ImageSize = 8 }, destination);
        new ImageDecoder().Render(new MemoryStream(file), "x", new EvaluationTransform { ImageSize = 8 }, destination);

        destination.Should().Contain(value => value != 0);
    }
}
