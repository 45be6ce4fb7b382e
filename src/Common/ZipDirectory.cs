using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NJepa;

/// <summary>
/// Reads the list of files of a zip archive (with the zip64 extension).
/// </summary>
/// <remarks>
/// System.IO.Compression's ZipArchive serves one thread at a time and keeps several objects for each entry; here an entry is a few words
/// and any number of threads read at their own offsets. The parser allocates no more than the file is long and follows no length that
/// leads out of the file.
/// </remarks>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const uint End64Signature = 0x06064B50;
    private const uint Locator64Signature = 0x07064B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;
    private const int LocalLength = 30;
    private const int EndLength = 22;
    private const int End64Length = 56;
    private const int Locator64Length = 20;
    private const int EntryLength = 46;
    private const int MaxDirectoryLength = 1 << 30;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All entries, in the order of the directory.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="maxLength">The largest directory to read, in bytes; an entry takes 46 bytes and its name.</param>
    /// <exception cref="InvalidDataException">The file is not a zip archive, or is damaged.</exception>
    public static List<ZipEntry> Read(SafeFileHandle file, int maxLength = MaxDirectoryLength)
    {
        long fileLength = RandomAccess.GetLength(file);
        (long offset, long length) = FindDirectory(file, fileLength);
        if (offset < 0 || length < 0 || offset > fileLength || length > fileLength - offset)
        {
            throw new InvalidDataException("its directory points outside the file");
        }

        if (length > maxLength)
        {
            throw new InvalidDataException($"its directory of {length} bytes is larger than the {maxLength} bytes supported");
        }

        byte[] directory = ReadExactly(file, offset, (int)length);
        var entries = new List<ZipEntry>();
        int position = 0;
        while (position <= directory.Length - EntryLength)
        {
            entries.Add(ReadEntry(directory, ref position));
        }

        return entries;
    }

    /// <summary>Where an entry's data start in the file; they end in the file too.</summary>
    /// <exception cref="InvalidDataException">The directory's entry leads out of the file or to something else.</exception>
    public static long FindData(SafeFileHandle file, ZipEntry entry)
    {
        long fileLength = RandomAccess.GetLength(file);
        if (entry.HeaderOffset < 0 || entry.HeaderOffset > fileLength - LocalLength)
        {
            throw new InvalidDataException("its place lies outside the archive");
        }

        // The local header has name and extra fields of its own lengths, which may differ from the directory's.
        byte[] header = ReadExactly(file, entry.HeaderOffset, LocalLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature)
        {
            throw new InvalidDataException("its header in the archive is damaged");
        }

        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26));
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        long start = entry.HeaderOffset + LocalLength + nameLength + extraLength;
        return entry.CompressedLength < 0 || start > fileLength || entry.CompressedLength > fileLength - start
            ? throw new InvalidDataException("its data reach beyond the end of the archive")
            : start;
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes.</summary>
    public static byte[] ReadExactly(SafeFileHandle file, long offset, int count)
    {
        byte[] bytes = new byte[count];
        int done = 0;
        while (done < count)
        {
            int read = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
            if (read == 0)
            {
                throw new InvalidDataException("the archive ends too early");
            }

            done += read;
        }

        return bytes;
    }

    private static (long Offset, long Length) FindDirectory(SafeFileHandle file, long fileLength)
    {
        // The end record is followed by a comment of up to 65,535 bytes.
        int tailLength = (int)Math.Min(fileLength, EndLength + ushort.MaxValue + Locator64Length);
        byte[] tail = ReadExactly(file, fileLength - tailLength, tailLength);
        for (int i = tailLength - EndLength; i >= 0; i--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndSignature)
            {
                continue;
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            ushort count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            bool extended = (length == uint.MaxValue || offset == uint.MaxValue || count == ushort.MaxValue) && i >= Locator64Length
                && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(i - Locator64Length)) == Locator64Signature;
            return extended
                ? FindDirectory64(file, fileLength, BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(i - Locator64Length + 8)))
                : (offset, length);
        }

        throw new InvalidDataException("it has no end-of-directory record, so it is not a zip archive or was cut off");
    }

    private static (long Offset, long Length) FindDirectory64(SafeFileHandle file, long fileLength, long recordOffset)
    {
        if (recordOffset < 0 || recordOffset > fileLength - End64Length)
        {
            throw new InvalidDataException("its zip64 directory points outside the file");
        }

        byte[] record = ReadExactly(file, recordOffset, End64Length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != End64Signature)
        {
            throw new InvalidDataException("its zip64 end-of-directory record is damaged");
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(48)), BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(40)));
    }

    private static ZipEntry ReadEntry(byte[] directory, ref int position)
    {
        ReadOnlySpan<byte> header = directory.AsSpan(position);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != EntrySignature)
        {
            throw new InvalidDataException($"its directory is damaged at byte {position}");
        }

        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        ushort method = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        uint uncompressed = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[30..]);
        int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(header[32..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(header[42..]);
        if (nameLength + extraLength + commentLength > header.Length - EntryLength)
        {
            throw new InvalidDataException($"its directory is damaged at byte {position}");
        }

        ReadOnlySpan<byte> extra = header.Slice(EntryLength + nameLength, extraLength);
        Extend(extra, uncompressed == uint.MaxValue, ref compressed, ref offset);
        position += EntryLength + nameLength + extraLength + commentLength;
        // Windows programs have been known to write backslashes.
        string name = DecodeName(header.Slice(EntryLength, nameLength)).Replace('\\', '/');
        return new ZipEntry(name, offset, compressed, checksum, method, Encrypted: (flags & 1) != 0);
    }

    /// <summary>Takes the 64-bit fields from the zip64 extra field, which holds only those whose 32-bit place is saturated.</summary>
    private static void Extend(ReadOnlySpan<byte> extra, bool hasUncompressed, ref long compressed, ref long offset)
    {
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            ReadOnlySpan<byte> field = extra.Slice(4, length);
            if (id == 1)
            {
                field = field[Math.Min(hasUncompressed ? 8 : 0, field.Length)..];
                if (compressed == uint.MaxValue && field.Length >= 8)
                {
                    compressed = BinaryPrimitives.ReadInt64LittleEndian(field);
                    field = field[8..];
                }

                if (offset == uint.MaxValue && field.Length >= 8)
                {
                    offset = BinaryPrimitives.ReadInt64LittleEndian(field);
                }

                return;
            }

            extra = extra[(4 + length)..];
        }
    }

    private static string DecodeName(ReadOnlySpan<byte> bytes)
    {
        try
        {
            // The flag that announces UTF-8 is often missing where the name is UTF-8 all the same.
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
