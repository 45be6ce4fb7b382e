using System.Buffers.Binary;

namespace NJepa.Data;

/// <summary>Wraps RGB pixels in the simplest of image files: a 24-bit BMP.</summary>
internal static class Bitmap
{
    private const int HeaderBytes = 54;

    public static byte[] Encode(ReadOnlySpan<byte> rgb, int width, int height)
    {
        int stride = checked((width * 3) + 3) / 4 * 4;
        byte[] file = new byte[checked(HeaderBytes + (stride * height))];
        file[0] = (byte)'B';
        file[1] = (byte)'M';
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), HeaderBytes - 14);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        for (int y = 0; y < height; y++)
        {
            // Rows go from the bottom up, channels from blue to red.
            Span<byte> target = file.AsSpan(HeaderBytes + ((height - 1 - y) * stride), width * 3);
            rgb.Slice(y * width * 3, width * 3).CopyTo(target);
            for (int x = 0; x < target.Length; x += 3)
            {
                (target[x], target[x + 2]) = (target[x + 2], target[x]);
            }
        }

        return file;
    }
}
