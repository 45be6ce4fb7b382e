using System.Runtime.InteropServices;
using NJepa.Data.Tests.Support;
using SkiaSharp;

namespace NJepa.Data.Tests;

public sealed class PartialDecodingTests
{
    private static readonly ImageDecodingOptions Whole = new() { PartialDecoding = false };

    [Theory]
    [InlineData(SKJpegEncoderDownsample.Downsample420)]
    [InlineData(SKJpegEncoderDownsample.Downsample422)]
    [InlineData(SKJpegEncoderDownsample.Downsample444)]
    public void A_part_has_the_pixels_of_the_whole_at_every_scale(SKJpegEncoderDownsample downsample)
    {
        byte[] file = Pictures.EncodeJpeg(Pictures.Confetti(261, 203), downsample);

        foreach (int size in new[] { 150, 100, 60, 40, 25, 12 })
        {
            SameAsWhole(file, size);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_part_has_the_pixels_of_the_whole_in_every_orientation(byte orientation)
    {
        byte[] file = Pictures.WithOrientation(
            Pictures.EncodeJpeg(Pictures.Confetti(131, 103), SKJpegEncoderDownsample.Downsample420), orientation);

        SameAsWhole(file, 60);
        SameAsWhole(file, 20);
    }

    [Fact]
    public void A_part_of_a_grey_or_progressive_jpeg_has_the_pixels_of_the_whole()
    {
        byte[] progressive = File.ReadAllBytes("Fixtures/progressive.jpg");
        progressive.AsSpan().IndexOf([(byte)0xFF, (byte)0xC2]).Should().BePositive("the fixture is progressive");

        SameAsWhole(progressive, 40);
        SameAsWhole(progressive, 16);
        SameAsWhole(Pictures.GreyJpeg(90, 70, 77), 40);
    }

    [Fact]
    public void Rows_below_the_window_are_not_read()
    {
        byte[] file = Pictures.EncodeJpeg(Pictures.Confetti(160, 160), SKJpegEncoderDownsample.Downsample420);
        var size = new SKSizeI(160, 160);

        Read(file[..(file.Length / 2)], codec => PixelReader.ReadAll(codec, size, Buffer())).Should().Be(SKCodecResult.IncompleteInput);
        Read(file[..(file.Length / 2)], codec => PixelReader.ReadWindow(codec, size, new PixelWindow(30, 10, 100, 50), Buffer())).Should().Be(SKCodecResult.Success);
        Read(file[..(file.Length / 2)], codec => PixelReader.ReadWindow(codec, size, new PixelWindow(30, 60, 100, 50), Buffer())).Should().Be(SKCodecResult.IncompleteInput);
        Read(file[..(file.Length / 2)], codec => PixelReader.ReadWindow(codec, size, new PixelWindow(0, 120, 160, 10), Buffer())).Should().Be(SKCodecResult.IncompleteInput);
    }

    [Fact]
    public void A_truncated_jpeg_is_refused_although_the_crop_lies_above_the_cut()
    {
        byte[] file = Pictures.EncodeJpeg(Pictures.Confetti(160, 160), SKJpegEncoderDownsample.Downsample420);
        var crop = new TrainingAugmentation { ImageSize = 16, CropScaleMin = 0.05, CropScaleMax = 0.1 };
        ulong seed = Enumerable.Range(0, 1000).Select(i => (ulong)i).First(s => Bottom(crop, 160, 160, s) < 80);

        foreach (int cut in new[] { file.Length * 6 / 10, file.Length - 2, file.Length - 1 })
        {
            FluentActions.Invoking(() => Render(file[..cut], crop, new ImageDecodingOptions(), seed)).Should().Throw<ImageDecodingException>()
                .Which.Reason.Should().Be("it is truncated: the file ends before the picture does");
        }
    }

    [Fact]
    public void Bytes_behind_the_end_do_no_harm()
    {
        byte[] file = Pictures.EncodeJpeg(Pictures.Confetti(80, 60), SKJpegEncoderDownsample.Downsample420);

        SameAsWhole([.. file, .. "appended by a camera"u8], 30);
    }

    [Fact]
    public void The_end_marker_counts_only_behind_the_start_of_the_picture()
    {
        byte[] file = Pictures.Jpeg(40, 30);
        byte[] thumbnail = [0xFF, 0xE1, 0, 6, 0xFF, 0xD9, 0, 0];
        byte[] withThumbnail = [.. file[..2], .. thumbnail, .. file[2..]];

        JpegFile.AllowsParts(file).Should().BeTrue();
        JpegFile.AllowsParts([.. file, 1, 2, 3]).Should().BeTrue();
        JpegFile.AllowsParts([.. file[..2], 0xFF, 0xFF, .. file[2..]]).Should().BeTrue("fill bytes may precede a marker");
        JpegFile.AllowsParts(withThumbnail).Should().BeTrue();
        JpegFile.AllowsParts(file.AsSpan(..^2)).Should().BeFalse();
        JpegFile.AllowsParts(withThumbnail.AsSpan(..^2)).Should().BeFalse();
        JpegFile.AllowsParts(file.AsSpan(..20)).Should().BeFalse();
        JpegFile.AllowsParts([]).Should().BeFalse();
        JpegFile.AllowsParts([0xFF, 0xD8, 0xFF, 0xE1]).Should().BeFalse();
    }

    [Theory]
    [InlineData(0x11, true)]
    [InlineData(0x21, true)]
    [InlineData(0x22, true)]
    [InlineData(0x12, true)]
    [InlineData(0x41, false)]
    [InlineData(0x14, false)]
    [InlineData(0x42, false)]
    [InlineData(0x02, false)]
    public void Colour_at_a_quarter_of_the_resolution_is_decoded_as_a_whole(byte factors, bool parts)
    {
        byte[] file = Pictures.Jpeg(40, 30);
        int header = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);

        // Behind the marker: length (2), precision, height (2), width (2), count, then the first component's number.
        file[header + 11] = factors;

        JpegFile.AllowsParts(file).Should().Be(parts);
    }

    [Fact]
    public void A_quarter_of_the_resolution_has_the_pixels_of_the_whole_too()
    {
        byte[] file = File.ReadAllBytes("Fixtures/quarter-chroma.jpg");

        SameAsWhole(file, 60);
        SameAsWhole(file, 20);
    }

    [Fact]
    public void Damaged_files_never_cause_anything_but_the_documented_exception_where_parts_are_decoded()
    {
        byte[][] good =
        [
            Pictures.EncodeJpeg(Pictures.Confetti(90, 70), SKJpegEncoderDownsample.Downsample420),
            Pictures.EncodeJpeg(Pictures.Confetti(90, 70), SKJpegEncoderDownsample.Downsample444),
            File.ReadAllBytes("Fixtures/progressive.jpg"),
        ];
        var options = new ImageDecodingOptions { MaxPixels = 1_000_000 };
        var random = new Random(5);
        int refused = 0;
        for (int trial = 0; trial < 600; trial++)
        {
            byte[] bad = [.. good[trial % good.Length]];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                Render(bad, new TrainingAugmentation { ImageSize = 20 + (trial % 40), CropScaleMin = 0.05 }, options, (ulong)trial);
            }
            catch (ImageDecodingException)
            {
                refused++;
            }
        }

        refused.Should().BeInRange(1, 599);
    }

    [Theory]
    [InlineData(SKEncodedOrigin.TopLeft, 10, 20, 30, 40)]
    [InlineData(SKEncodedOrigin.TopRight, 60, 20, 30, 40)]
    [InlineData(SKEncodedOrigin.BottomRight, 60, 20, 30, 40)]
    [InlineData(SKEncodedOrigin.BottomLeft, 10, 20, 30, 40)]
    [InlineData(SKEncodedOrigin.LeftTop, 20, 10, 40, 30)]
    [InlineData(SKEncodedOrigin.RightTop, 20, 60, 40, 30)]
    [InlineData(SKEncodedOrigin.RightBottom, 20, 60, 40, 30)]
    [InlineData(SKEncodedOrigin.LeftBottom, 20, 10, 40, 30)]
    public void Windows_turn_with_the_picture(SKEncodedOrigin origin, int left, int top, int width, int height)
    {
        // Of an upright picture of 100 x 80 the window leaves 60 columns at the right and, in its height, 20 rows at both ends.
        var upright = new PixelWindow(10, 20, 30, 40);
        (int storedWidth, int storedHeight) = PixelOperations.SwapsAxes(origin) ? (80, 100) : (100, 80);

        PixelWindow stored = PixelOperations.ToStored(upright, 100, 80, origin);

        stored.Should().Be(new PixelWindow(left, top, width, height));
        PixelOperations.ToUpright(stored, storedWidth, storedHeight, origin).Should().Be(upright);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(8)]
    public void A_whole_picture_is_shrunk_to_the_same_pixels(byte orientation)
    {
        byte[] file = Pictures.WithOrientation(
            Pictures.EncodeJpeg(Pictures.Confetti(261, 203), SKJpegEncoderDownsample.Downsample420), orientation);
        byte[] parts = [];
        byte[] whole = [];
        foreach (int side in new[] { 300, 150, 60, 20, 1 })
        {
            ShrunkSize size = new ImageDecoder().Shrink(new MemoryStream(file), "test", new ShrinkTransform(side), ref parts);
            new ImageDecoder(Whole).Shrink(new MemoryStream(file), "test", new ShrinkTransform(side), ref whole).Should().Be(size);

            size.Should().Be(new ShrinkTransform(side).Size(size.FullWidth, size.FullHeight));
            parts[..size.Bytes].Should().Equal(whole[..size.Bytes], "side {0}", side);
        }
    }

    private static void SameAsWhole(byte[] file, int size)
    {
        foreach (double scale in new[] { 0.1, 0.3, 0.9 })
        {
            var crop = new TrainingAugmentation { ImageSize = size, CropScaleMin = scale / 2, CropScaleMax = scale };
            for (ulong seed = 0; seed < 8; seed++)
            {
                Render(file, crop, new ImageDecodingOptions(), seed).Should().Equal(Render(file, crop, Whole, seed), "size {0}, scale {1}, seed {2}", size, scale, seed);
            }
        }

        var evaluation = new EvaluationTransform { ImageSize = size };
        Render(file, evaluation, new ImageDecodingOptions(), 0).Should().Equal(Render(file, evaluation, Whole, 0), "size {0}", size);
    }

    private static byte[] Render(byte[] file, ImageTransform transform, ImageDecodingOptions options, ulong seed)
    {
        byte[] pixels = new byte[transform.ImageSize * transform.ImageSize * 3];
        new ImageDecoder(options).Render(new MemoryStream(file), "test", transform, pixels, seed);
        return pixels;
    }

    private static int Bottom(TrainingAugmentation crop, int width, int height, ulong seed)
    {
        PixelBox box = RandomResizedCrop.Sample(crop, width, height, seed, 0, 0);
        return box.Top + box.Height;
    }

    private static SKCodecResult Read(byte[] file, Func<SKCodec, SKCodecResult> read)
    {
        using SKData data = SKData.CreateCopy(file);
        using SKCodec codec = SKCodec.Create(data);
        return read(codec);
    }

    private static nint Buffer() => Marshal.UnsafeAddrOfPinnedArrayElement(Pinned, 0);

    private static readonly byte[] Pinned = GC.AllocateArray<byte>(160 * 160 * 4, pinned: true);
}
