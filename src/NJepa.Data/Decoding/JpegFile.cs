using System.Buffers.Binary;

namespace NJepa.Data;

/// <summary>What can be told about a JPEG file from its markers alone.</summary>
internal static class JpegFile
{
    private const byte StartOfScan = 0xDA;

    private static ReadOnlySpan<byte> EndOfImage => [0xFF, 0xD9];

    /// <summary>
    /// Whether the end marker follows the start of the picture's data. In those data the marker cannot occur by chance, and a thumbnail's
    /// own lies before them: a file that was cut off anywhere in the picture has none.
    /// </summary>
    /// <remarks>False where in doubt: the file is then read to its end.</remarks>
    public static bool HasEnd(ReadOnlySpan<byte> file)
    {
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
                return file[(place + 2)..].LastIndexOf(EndOfImage) >= 0;
            }

            place += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(place + 2)..]);
        }

        return false;
    }
}
