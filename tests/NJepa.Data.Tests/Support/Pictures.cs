using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using SkiaSharp;

namespace NJepa.Data.Tests.Support;

/// <summary>Makes small image files of all kinds.</summary>
public static class Pictures
{
    /// <summary>A smooth picture that differs for each seed and is not symmetric.</summary>
    public static RgbImage Smooth(int width, int height, int seed = 0)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int y = 0, i = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, i += 3)
            {
                pixels[i] = (byte)(255 * x / Math.Max(1, width - 1));
                pixels[i + 1] = (byte)(255 * y / Math.Max(1, height - 1));
                pixels[i + 2] = (byte)(seed * 37);
            }
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>A picture without two neighbouring pixels alike: any mistake of place shows.</summary>
    public static RgbImage Noise(int width, int height, int seed = 0)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    public static byte[] NoisePng(int width, int height, int seed = 0) => Encode(Noise(width, height, seed), SKEncodedImageFormat.Png);

    public static byte[] Png(int width, int height, int seed = 0) => Encode(Smooth(width, height, seed), SKEncodedImageFormat.Png);

    public static byte[] Jpeg(int width, int height, int seed = 0) => Encode(Smooth(width, height, seed), SKEncodedImageFormat.Jpeg, 95);

    public static byte[] Encode(RgbImage image, SKEncodedImageFormat format, int quality = 100)
    {
        using SKBitmap bitmap = new(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> wide = bitmap.GetPixelSpan();
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            image.Pixels.AsSpan(3 * i, 3).CopyTo(wide[(4 * i)..]);
            wide[(4 * i) + 3] = byte.MaxValue;
        }

        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>A JPEG whose colour is stored at full, half or quarter resolution.</summary>
    public static byte[] EncodeJpeg(RgbImage image, SKJpegEncoderDownsample downsample, int quality = 90)
    {
        using SKBitmap bitmap = SKBitmap.Decode(Encode(image, SKEncodedImageFormat.Png));
        using SKPixmap pixmap = bitmap.PeekPixels();
        using SKData data = pixmap.Encode(new SKJpegEncoderOptions(quality, downsample, SKJpegEncoderAlphaOption.Ignore))!;
        return data.ToArray();
    }

    /// <summary>Edges everywhere and strong colours: no pixel is like its neighbours.</summary>
    public static RgbImage Confetti(int width, int height, int seed = 0)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    public static byte[] GreyJpeg(int width, int height, byte value)
    {
        using SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.GetPixelSpan().Fill(value);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 100);
        return data.ToArray();
    }

    /// <summary>One pixel of the given colour and alpha.</summary>
    public static byte[] PixelWithAlpha(SKColor color, SKEncodedImageFormat format)
    {
        using SKBitmap bitmap = new(new SKImageInfo(1, 1, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.SetPixel(0, 0, color);
        using SKPixmap pixmap = bitmap.PeekPixels();
        using SKData? data = format == SKEncodedImageFormat.Webp
            ? pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100))
            : pixmap.Encode(format, 100);
        return data!.ToArray();
    }

    /// <summary>A bottom-up 24-bit BMP.</summary>
    public static byte[] Bmp(RgbImage image)
    {
        int stride = ((image.Width * 3) + 3) / 4 * 4;
        byte[] file = new byte[54 + (stride * image.Height)];
        Encoding.ASCII.GetBytes("BM", file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), image.Width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), image.Height);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                ReadOnlySpan<byte> pixel = image.Pixels.AsSpan(((y * image.Width) + x) * 3, 3);
                Span<byte> place = file.AsSpan(54 + ((image.Height - 1 - y) * stride) + (x * 3));
                (place[0], place[1], place[2]) = (pixel[2], pixel[1], pixel[0]);
            }
        }

        return file;
    }

    /// <summary>A PNG of any depth and colour type from its raw scan lines (each with its filter byte).</summary>
    public static byte[] RawPng(int width, int height, byte depth, byte colorType, byte[] scanLines)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = depth;
        header[9] = colorType;
        Chunk(file, "IHDR", header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(scanLines);
        }

        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>Puts an EXIF segment with nothing but an orientation behind a JPEG's first marker.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] tiff = [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
        byte[] exif = [.. "Exif\0\0"u8, .. tiff];
        return [.. jpeg[..2], 0xFF, 0xE1, (byte)((exif.Length + 2) >> 8), (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    /// <summary>An 8 x 8 baseline JPEG of one CMYK colour, stored inverted as Adobe's programs do: 255 is no ink.</summary>
    public static byte[] CmykJpeg(params byte[] inverted)
    {
        // One Huffman code for each of the DC sizes 0..11 (four bits each), one for "end of block" (one bit).
        byte[] dc = [0, 0, 0, 12, .. new byte[12], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        byte[] ac = [1, .. new byte[15], 0];
        var bits = new StringBuilder();
        foreach (byte value in inverted)
        {
            int level = (value - 128) * 8;
            int size = level == 0 ? 0 : (int)Math.Log2(Math.Abs(level)) + 1;
            bits.Append(Convert.ToString(size, 2).PadLeft(4, '0'));
            if (size > 0)
            {
                bits.Append(Convert.ToString(level > 0 ? level : level + (1 << size) - 1, 2).PadLeft(size, '0'));
            }

            bits.Append('0');
        }

        while (bits.Length % 8 != 0)
        {
            bits.Append('1');
        }

        var scan = new List<byte>();
        for (int i = 0; i < bits.Length; i += 8)
        {
            scan.Add(Convert.ToByte(bits.ToString(i, 8), 2));
            if (scan[^1] == 0xFF)
            {
                scan.Add(0);
            }
        }

        return
        [
            0xFF, 0xD8,
            .. Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]),
            .. Segment(0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]),
            .. Segment(0xC0, [8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]),
            .. Segment(0xC4, [0x00, .. dc]),
            .. Segment(0xC4, [0x10, .. ac]),
            .. Segment(0xDA, [4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]),
            .. scan,
            0xFF, 0xD9,
        ];
    }

    /// <summary>Two frames of one pixel: the first red, the second blue.</summary>
    public static byte[] AnimatedGif =>
    [
        .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255,
        0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0,
        0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, 0x3B,
    ];

    /// <summary>Frames of one pixel each, at the top left of a transparent canvas.</summary>
    public static byte[] AnimatedWebp(int width, int height, params SKColor[] frames)
    {
        static byte[] Chunk(string type, byte[] content) =>
            [.. Encoding.ASCII.GetBytes(type), .. BitConverter.GetBytes(content.Length), .. content, .. new byte[content.Length % 2]];
        static byte[] Int24(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];

        // Alpha and animation; background and endless loop; each frame: place, size less one, duration, flags, and the picture's own chunk.
        byte[] body =
        [
            .. "WEBP"u8,
            .. Chunk("VP8X", [0x12, 0, 0, 0, .. Int24(width - 1), .. Int24(height - 1)]),
            .. Chunk("ANIM", new byte[6]),
            .. frames.SelectMany(color => Chunk("ANMF", [.. new byte[12], .. Int24(100), 0, .. PixelWithAlpha(color, SKEncodedImageFormat.Webp)[12..]])),
        ];
        return [.. "RIFF"u8, .. BitConverter.GetBytes(body.Length), .. body];
    }

    private static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content];

    private static void Chunk(Stream file, string type, byte[] content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
