using System.Buffers.Binary;
using SkiaSharp;

namespace NJepa.Data.Tests.Support;

/// <summary>Small files whose headers state pictures of hundreds of megapixels.</summary>
public static class HugePictures
{
    /// <summary>A whole and correct picture of 900 megapixels in one megabyte: one bit a pixel, all black.</summary>
    public static byte[] PngBomb() => Pictures.RawPng(30_000, 30_000, 1, 0, new byte[30_000 * ((30_000 / 8) + 1)]);

    public static byte[] PngHeader() => Pictures.RawPng(30_000, 30_000, 8, 6, [0]);

    public static byte[] Jpeg(SKJpegEncoderDownsample downsample = SKJpegEncoderDownsample.Downsample420)
    {
        byte[] file = Pictures.EncodeJpeg(Pictures.Smooth(16, 16), downsample);
        int frame = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 5), 30_000);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 7), 30_000);
        return file;
    }

    /// <summary>As above, but in a file that is decoded as a whole before anything of it is known: with progressive scans.</summary>
    public static byte[] ProgressiveJpeg()
    {
        byte[] file = Jpeg();
        file[file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]) + 1] = 0xC2;
        return file;
    }

    /// <summary>Lossy: the largest size that the format has.</summary>
    public static byte[] Webp()
    {
        byte[] file = Pictures.Encode(Pictures.Smooth(16, 16), SKEncodedImageFormat.Webp, 80);
        int start = file.AsSpan().IndexOf([(byte)0x9D, (byte)0x01, (byte)0x2A]);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(start + 3), 16_383);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(start + 5), 16_383);
        return file;
    }

    /// <summary>Lossless: 14 bits for each side less one, behind the signature 0x2F.</summary>
    public static byte[] LosslessWebp()
    {
        byte[] file = Pictures.PixelWithAlpha(new SKColor(1, 2, 3), SKEncodedImageFormat.Webp);
        int start = file.AsSpan().IndexOf("VP8L"u8) + 8;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(start + 1), 16_383u | (16_383u << 14));
        return file;
    }

    /// <summary>A canvas that is larger than the picture on it.</summary>
    public static byte[] WebpCanvas(int side) => Pictures.AnimatedWebp(side, side, new SKColor(1, 2, 3));

    public static byte[] Bmp(int width, int height)
    {
        byte[] file = Pictures.Bmp(Pictures.Smooth(8, 8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        return file;
    }

    public static byte[] Gif()
    {
        byte[] file = [.. Pictures.AnimatedGif];
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(6), 30_000);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), 30_000);
        return file;
    }
}
