using NJepa.Data.Tests.Support;
using SkiaSharp;

namespace NJepa.Data.Tests;

public sealed class ImageDecoderTests
{
    private readonly ImageDecoder _decoder = new();

    [Fact]
    public void Lossless_formats_give_the_exact_pixels()
    {
        RgbImage picture = Pictures.Smooth(13, 7, seed: 3);

        Decode(Pictures.Encode(picture, SKEncodedImageFormat.Png)).Pixels.Should().Equal(picture.Pixels);
        Decode(Pictures.Bmp(picture)).Pixels.Should().Equal(picture.Pixels);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Lossy_formats_give_nearly_the_pixels(SKEncodedImageFormat format)
    {
        RgbImage picture = Pictures.Smooth(64, 48, seed: 3);

        RgbImage decoded = Decode(Pictures.Encode(picture, format, 95));

        (decoded.Width, decoded.Height).Should().Be((64, 48));
        Distance(decoded, picture).Should().BeLessThan(8);
    }

    [Fact]
    public void One_pixel_is_an_image()
    {
        Decode(Pictures.Png(1, 1, seed: 2)).Pixels.Should().Equal(0, 0, 74);
        Render(Pictures.Png(1, 1, seed: 2), new TrainingAugmentation { ImageSize = 3 }).Should().Equal(Enumerable.Repeat(new byte[] { 0, 0, 74 }, 9).SelectMany(x => x));
    }

    [Fact]
    public void Grey_becomes_rgb()
    {
        Decode(Pictures.GreyJpeg(9, 5, 77)).Pixels.Should().OnlyContain(value => value == 77).And.HaveCount(9 * 5 * 3);
        Decode(Pictures.RawPng(2, 1, 8, 0, [0, 10, 200])).Pixels.Should().Equal(10, 10, 10, 200, 200, 200);
        Decode(Pictures.RawPng(8, 1, 1, 0, [0, 0b1000_0001])).Pixels.Should().StartWith([255, 255, 255, 0, 0, 0]);
    }

    [Fact]
    public void Sixteen_bits_are_reduced_to_eight()
    {
        Decode(Pictures.RawPng(1, 1, 16, 2, [0, 0x12, 0x12, 0x80, 0x80, 0xFF, 0xFF])).Pixels.Should().Equal(0x12, 0x80, 0xFF);
        Decode(Pictures.RawPng(1, 1, 16, 0, [0, 0x40, 0x40])).Pixels.Should().Equal(0x40, 0x40, 0x40);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Transparent_pixels_are_laid_over_white(SKEncodedImageFormat format)
    {
        Decode(Pictures.PixelWithAlpha(new SKColor(200, 100, 0, 0), format)).Pixels.Should().Equal(255, 255, 255);
        Decode(Pictures.PixelWithAlpha(new SKColor(200, 100, 0, 128), format)).Pixels.Should().Equal(227, 177, 127);
        Decode(Pictures.PixelWithAlpha(new SKColor(200, 100, 0, 255), format)).Pixels.Should().Equal(200, 100, 0);
    }

    [Fact]
    public void Grey_with_alpha_is_laid_over_white_too()
    {
        Decode(Pictures.RawPng(2, 1, 8, 4, [0, 100, 0, 100, 255])).Pixels.Should().Equal(255, 255, 255, 100, 100, 100);
    }

    [Fact]
    public void Cmyk_is_converted()
    {
        // Inverted, as Adobe stores it: 255 is no ink, 0 is full ink.
        Decode(Pictures.CmykJpeg(255, 255, 255, 255)).Pixels.Should().OnlyContain(value => value >= 253);
        byte[] cyan = Decode(Pictures.CmykJpeg(0, 255, 255, 255)).Pixels;
        cyan[0].Should().BeLessThan(30);
        cyan[1].Should().BeGreaterThan(130);
        cyan[2].Should().BeGreaterThan(200);
        Decode(Pictures.CmykJpeg(255, 255, 255, 0)).Pixels.Should().OnlyContain(value => value < 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Exif_orientation_is_honoured(byte orientation)
    {
        RgbImage upright = Quarters(48, 32);
        RgbImage stored = Store(upright, orientation);
        byte[] file = Pictures.WithOrientation(Pictures.Encode(stored, SKEncodedImageFormat.Jpeg), orientation);

        RgbImage decoded = Decode(file);

        (decoded.Width, decoded.Height).Should().Be((48, 32));
        Distance(decoded, upright).Should().BeLessThan(4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Crops_are_those_of_the_upright_picture_even_where_it_is_decoded_smaller(byte orientation)
    {
        RgbImage upright = Pictures.Smooth(329, 243, seed: 2);
        byte[] plain = Pictures.Encode(upright, SKEncodedImageFormat.Jpeg, 95);
        byte[] turned = Pictures.WithOrientation(Pictures.Encode(Store(upright, orientation), SKEncodedImageFormat.Jpeg, 95), orientation);
        var crop = new TrainingAugmentation { ImageSize = 20 };

        MaxDifference(Render(turned, crop), Render(plain, crop, new ImageDecodingOptions { ScaledDecoding = false })).Should().BeLessThan(5);
    }

    [Theory]
    [InlineData(640, 480, 64)]
    [InlineData(633, 471, 50)]
    [InlineData(2000, 1500, 96)]
    [InlineData(101, 1000, 13)]
    public void A_jpeg_decoded_smaller_looks_the_same(int width, int height, int size)
    {
        byte[] file = Pictures.Jpeg(width, height);
        foreach (ImageTransform transform in new ImageTransform[]
        {
            new TrainingAugmentation { ImageSize = size, HorizontalFlip = true },
            new EvaluationTransform { ImageSize = size },
            new EvaluationTransform { ImageSize = size, ResizeShorterSide = null },
        })
        {
            byte[] exact = Render(file, transform, new ImageDecodingOptions { ScaledDecoding = false });

            MaxDifference(Render(file, transform), exact).Should().BeLessThan(5, transform.ToString());
        }
    }

    [Fact]
    public void A_jpeg_is_never_decoded_smaller_than_the_result_needs()
    {
        using SKData data = SKData.CreateCopy(Pictures.Jpeg(801, 600));
        using SKCodec codec = SKCodec.Create(data);
        CropPlan Crop(int width, int height, int size) => new(AxisPlan.Whole(10, width, size), AxisPlan.Whole(20, height, size));

        JpegScale.Choose(codec, Crop(298, 500, 224), swap: false).Should().Be((8, new SKSizeI(801, 600)));
        JpegScale.Choose(codec, Crop(448, 500, 224), swap: false).Should().Be((4, new SKSizeI(401, 300)));
        JpegScale.Choose(codec, Crop(448, 447, 224), swap: true).Should().Be((5, new SKSizeI(501, 375)));
        JpegScale.Choose(codec, Crop(299, 500, 224), swap: false).Should().Be((6, new SKSizeI(601, 450)));
        JpegScale.Choose(codec, Crop(500, 430, 112), swap: false).Should().Be((3, new SKSizeI(301, 225)));
        JpegScale.Choose(codec, Crop(500, 448, 112), swap: false).Should().Be((2, new SKSizeI(201, 150)));
        JpegScale.Choose(codec, Crop(512, 512, 64), swap: false).Should().Be((1, new SKSizeI(101, 75)));
    }

    [Fact]
    public void Of_an_animation_the_first_frame_is_taken()
    {
        Decode(Pictures.AnimatedGif).Pixels.Should().Equal(255, 0, 0);
        Decode(Pictures.AnimatedWebp(1, 1, new SKColor(255, 0, 0), new SKColor(0, 0, 255))).Pixels.Should().Equal(255, 0, 0);
        // What the first frame leaves free is transparent.
        Decode(Pictures.AnimatedWebp(2, 1, new SKColor(255, 0, 0), new SKColor(0, 0, 255))).Pixels.Should().Equal(255, 0, 0, 255, 255, 255);
    }

    [Fact]
    public void Evaluation_equals_resizing_first_and_cropping_then()
    {
        RgbImage picture = Pictures.Smooth(90, 70, seed: 1);
        RgbImage resized = ImageResampler.Resize(picture, 90 * 40 / 70, 40);
        byte[] expected = ImageResampler.Resize(resized, new PixelBox(4, (int)Math.Round((resized.Width - 32) / 2.0), 32, 32), 32, 32).Pixels;

        byte[] seen = Render(Pictures.Encode(picture, SKEncodedImageFormat.Png), new EvaluationTransform { ImageSize = 32, ResizeShorterSide = 40 });

        seen.Should().Equal(expected);
    }

    [Fact]
    public void A_decoder_serves_images_of_any_size_in_turn()
    {
        byte[] small = Pictures.Png(5, 4);
        byte[] before = Decode(small).Pixels;

        Decode(Pictures.Png(300, 200));

        Decode(small).Pixels.Should().Equal(before);
    }

    [Fact]
    public void A_destination_of_the_wrong_length_is_refused()
    {
        FluentActions.Invoking(() => _decoder.Render(new MemoryStream(Pictures.Png(4, 4)), "x", new TrainingAugmentation { ImageSize = 8 }, new byte[10]))
            .Should().Throw<ArgumentException>().WithMessage("The destination has 10 bytes; an RGB image of 8 x 8 pixels needs 192.*");
    }

    private RgbImage Decode(byte[] file) => _decoder.Decode(new MemoryStream(file), "test");

    private static byte[] Render(byte[] file, ImageTransform transform, ImageDecodingOptions? options = null)
    {
        byte[] pixels = new byte[transform.ImageSize * transform.ImageSize * 3];
        new ImageDecoder(options).Render(new MemoryStream(file), "test", transform, pixels, seed: 1, epoch: 2, index: 3);
        return pixels;
    }

    /// <summary>Red, green, blue and white quarters: no two of the eight orientations look alike.</summary>
    private static RgbImage Quarters(int width, int height)
    {
        byte[][] colors = [[220, 30, 30], [30, 200, 30], [30, 30, 220], [240, 240, 240]];
        byte[] pixels = [.. from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) from value in colors[(2 * x / width) + (2 * (2 * y / height))] select value];
        return new RgbImage(width, height, pixels);
    }

    /// <summary>The stored picture that an orientation turns into the upright one, from the definitions of the EXIF standard.</summary>
    private static RgbImage Store(RgbImage upright, byte orientation)
    {
        (int w, int h) = (upright.Width, upright.Height);
        (int width, int height) = orientation >= 5 ? (h, w) : (w, h);
        byte[] pixels = new byte[upright.Pixels.Length];
        for (int y = 0, i = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, i += 3)
            {
                (int ux, int uy) = orientation switch
                {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (w - 1 - y, x),
                    7 => (w - 1 - y, h - 1 - x),
                    8 => (y, h - 1 - x),
                    _ => (x, y),
                };
                upright.Pixels.AsSpan(((uy * w) + ux) * 3, 3).CopyTo(pixels.AsSpan(i));
            }
        }

        return new RgbImage(width, height, pixels);
    }

    private static double Distance(RgbImage a, RgbImage b) => a.Pixels.Zip(b.Pixels, (x, y) => (double)Math.Abs(x - y)).Average();

    private static int MaxDifference(byte[] a, byte[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
}
