using System.Buffers.Binary;

namespace NJepa.Data;

/// <summary>What can be told about a JPEG file from its markers alone.</summary>
internal static class JpegFile
{
    private const byte StartOfScan = 0xDA;

    private static ReadOnlySpan<byte> EndOfImage => [0xFF, 0xD9];

    /// <summary>Whether parts of the picture may be decoded alone: with the pixels of the whole, and without missing that the file was
    /// cut off.</summary>
    /// <remarks>
    /// The end marker must follow the start of the picture's data. In those data it cannot occur by chance, and a thumbnail's own lies
    /// before them: a file that was cut off anywhere in the picture has none. And no colour may be stored at less than half the resolution
    /// (cameras have no such files): of those libjpeg-turbo shifts the columns. False where in doubt.
    /// </remarks>
    public static bool AllowsParts(ReadOnlySpan<byte> file)
    {
        bool usual = false;
        int place = 2;
        while (place + 4 <= file.Length && file[place] == 0xFF)
        {
            byte marker = file[place + 1];
            if (marker == 0xFF)
            {
                // Any number of fill bytes may precede a marker.
                place++;
                continue;
            }

            if (marker == StartOfScan)
            {
                return usual && file[(place + 2)..].LastIndexOf(EndOfImage) >= 0;
            }

            ReadOnlySpan<byte> segment = file[(place + 2)..];
            int length = BinaryPrimitives.ReadUInt16BigEndian(segment);
            if (IsFrameHeader(marker))
            {
                usual = length <= segment.Length && HasUsualSampling(segment[..length]);
            }

            place += 2 + length;
        }

        return false;
    }

    /// <summary>Markers C0 to CF, but for those of Huffman tables, arithmetic conditioning, and the reserved one.</summary>
    private static bool IsFrameHeader(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    /// <param name="header">Length (2 bytes), precision, height (2), width (2), count, and three bytes for each component, the second of
    /// which holds its two sampling factors.</param>
    private static bool HasUsualSampling(ReadOnlySpan<byte> header)
    {
        if (header.Length < 8 || header.Length < 8 + (header[7] * 3))
        {
            return false;
        }

        for (int i = 0; i < header[7]; i++)
        {
            int factors = header[9 + (i * 3)];
            if ((factors >> 4) is < 1 or > 2 || (factors & 15) is < 1 or > 2)
            {
                return false;
            }
        }

        return true;
    }
}
