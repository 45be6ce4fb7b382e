using NJepa.Data.Tests.Support;
using SkiaSharp;

namespace NJepa.Data.Tests;

public sealed class BadFileTests
{
    private readonly ImageDecoder _decoder = new();

    [Fact]
    public void An_empty_file_is_refused() => Fails([], "The image 'cat/1.jpg' cannot be decoded: the file is empty.");

    [Fact]
    public void Text_named_as_a_picture_is_refused() =>
        Fails("This is text."u8.ToArray(), "The image 'cat/1.jpg' cannot be decoded: it is not a JPEG, PNG, WebP or BMP file, or its header is damaged (it starts with \"This is \").");

    [Fact]
    public void Bytes_are_shown_where_they_are_no_text() =>
        Fails([0, 1, 65], "The image 'cat/1.jpg' cannot be decoded: it is not a JPEG, PNG, WebP or BMP file, or its header is damaged (it starts with \"\\x00\\x01A\").");

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.95)]
    public void A_truncated_jpeg_is_refused_although_part_of_it_could_be_shown(double share)
    {
        byte[] file = Pictures.Encode(Noisy(), SKEncodedImageFormat.Jpeg, 90);

        Fails(file[..(int)(file.Length * share)], "The image 'cat/1.jpg' cannot be decoded: it is truncated: the file ends before the picture does.");
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void A_truncated_jpeg_is_refused_at_reduced_size_too(double share)
    {
        byte[] file = Pictures.Encode(Noisy(), SKEncodedImageFormat.Jpeg, 90);

        _decoder.Invoking(d => d.Render(new MemoryStream(file, 0, (int)(file.Length * share)), "x", new TrainingAugmentation { ImageSize = 8 }, new byte[192]))
            .Should().Throw<ImageDecodingException>().WithMessage("*it is truncated*");
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Other_truncated_files_are_refused(SKEncodedImageFormat format)
    {
        byte[] file = Pictures.Encode(Noisy(), format, 90);

        _decoder.Invoking(d => d.Decode(new MemoryStream(file, 0, file.Length * 6 / 10), "x")).Should().Throw<ImageDecodingException>();
    }

    [Fact]
    public void A_huge_picture_is_refused_by_its_header()
    {
        // The header alone: were it believed, 3.6 GB would be taken.
        byte[] file = Pictures.RawPng(30_000, 30_000, 8, 2, [0]);

        Fails(file, "The image 'cat/1.jpg' cannot be decoded: it has 30000 x 30000 pixels, more than MaxPixels = 134217728 allows.");
    }

    [Fact]
    public void The_limit_of_pixels_is_inclusive()
    {
        byte[] file = Pictures.Png(10, 10);

        new ImageDecoder(new ImageDecodingOptions { MaxPixels = 100 }).Decode(new MemoryStream(file), "x").Width.Should().Be(10);
        FluentActions.Invoking(() => new ImageDecoder(new ImageDecodingOptions { MaxPixels = 99 }).Decode(new MemoryStream(file), "x")).Should().Throw<ImageDecodingException>();
    }

    [Fact]
    public void The_limit_of_bytes_is_inclusive_and_a_false_length_is_not_believed()
    {
        byte[] file = Pictures.Png(40, 40);

        new ImageDecoder(new ImageDecodingOptions { MaxFileBytes = file.Length }).Decode(new Liar(file), "x").Width.Should().Be(40);
        FluentActions.Invoking(() => new ImageDecoder(new ImageDecodingOptions { MaxFileBytes = file.Length - 1 }).Decode(new Liar(file), "x"))
            .Should().Throw<ImageDecodingException>().Which.Reason.Should().Be($"it is longer than MaxFileBytes = {file.Length - 1} bytes");
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Damaged_files_never_cause_anything_but_the_documented_exception(SKEncodedImageFormat format)
    {
        byte[] good = Pictures.Encode(Pictures.Smooth(40, 30), format, 90);
        var decoder = new ImageDecoder(new ImageDecodingOptions { MaxPixels = 1_000_000 });
        var random = new Random(7);
        int refused = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            byte[] bad = [.. good];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                decoder.Decode(new MemoryStream(bad), "x");
            }
            catch (ImageDecodingException)
            {
                refused++;
            }
        }

        refused.Should().BePositive();
    }

    [Fact]
    public void All_invalid_options_are_listed_at_once()
    {
        FluentActions.Invoking(() => new ImageDecoder(new ImageDecodingOptions { MaxPixels = 0, MaxFileBytes = -1 })).Should().Throw<ArgumentException>().WithMessage(
            $"The image decoder's options are invalid:{Environment.NewLine}  - MaxPixels is 0; it must be from 1 to 500000000.{Environment.NewLine}  - MaxFileBytes is -1; it must be from 1 to 2000000000.*");
    }

    [Fact]
    public void Defaults_are_those_documented()
    {
        var options = new ImageDecodingOptions();

        (options.MaxPixels, options.MaxFileBytes, options.ScaledDecoding, options.PartialDecoding).Should().Be((134_217_728, 268_435_456, true, true));
        options.Validate().Should().BeEmpty();
    }

    private void Fails(byte[] file, string message) =>
        _decoder.Invoking(d => d.Decode(new MemoryStream(file), "cat/1.jpg")).Should().Throw<ImageDecodingException>().WithMessage(message.Replace("*", "\\*"))
            .Which.ImageName.Should().Be("cat/1.jpg");

    private static RgbImage Noisy()
    {
        byte[] pixels = new byte[160 * 120 * 3];
        new Random(3).NextBytes(pixels);
        return new RgbImage(160, 120, pixels);
    }

    /// <summary>Claims to be larger than anything.</summary>
    private sealed class Liar(byte[] file) : MemoryStream(file)
    {
        public override long Length => long.MaxValue;
    }
}
