using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NJepa.Data;

/// <summary>
/// The start of a packed file: mark, version, settings, fingerprint of the source, place of the index, and a checksum of it all. Numbers
/// are little-endian.
/// </summary>
internal sealed record PackedHeader(int Count, PackedSettings Settings, byte[] Fingerprint, long IndexOffset, long IndexLength)
{
    /// <summary>The length in bytes, and the offset of the first pixel.</summary>
    public const int Length = 128;

    /// <summary>Of the file's layout and of the way from an image to packed pixels: raise it when either changes.</summary>
    public const int Version = 1;

    /// <summary>The longest list of images, in bytes: it is read into one array.</summary>
    public const long MaxIndexLength = int.MaxValue / 2;

    private const int ChecksumOffset = Length - SHA256.HashSizeInBytes;

    /// <summary>As PNG's: no text starts so, and a transfer as text damages it.</summary>
    private static ReadOnlySpan<byte> Mark => [0x89, (byte)'N', (byte)'J', (byte)'P', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>Whether a file with this start is a packed one, of whatever version and state.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> start) => start.StartsWith(Mark);

    /// <summary>Reads the header and checks it against the length of the file.</summary>
    /// <exception cref="InvalidDataException">The header is damaged, of another version, or the file is not as long as it was.</exception>
    public static PackedHeader Parse(ReadOnlySpan<byte> bytes, long fileLength)
    {
        if (bytes.Length < Length)
        {
            throw new InvalidDataException($"it has {bytes.Length} bytes, fewer than its header needs");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (version != Version)
        {
            throw new InvalidDataException($"it is of version {version}, and this library reads version {Version}");
        }

        var settings = new PackedSettings(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
        var header = new PackedHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            settings,
            bytes.Slice(56, SHA256.HashSizeInBytes).ToArray(),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]));
        if (header.Count < 1 || header.IndexOffset < Length + PixelResampler.Slack || header.IndexLength is < 1 or > MaxIndexLength)
        {
            throw new InvalidDataException("its header is damaged");
        }

        // Subtracted, because a sum of two false numbers may overflow.
        return header.IndexOffset == fileLength - header.IndexLength
            ? header
            : throw new InvalidDataException($"it has {fileLength} bytes, not the {(Int128)header.IndexOffset + header.IndexLength} that its header states");
    }

    /// <summary>The header as bytes, with the checksum of itself and the index.</summary>
    public byte[] ToBytes(ReadOnlySpan<byte> index)
    {
        byte[] bytes = new byte[Length];
        Mark.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Settings.ShorterSide);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), Settings.ScaledDecoding ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Settings.MaxPixels);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Settings.MaxFileBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), IndexOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48), IndexLength);
        Fingerprint.CopyTo(bytes, 56);
        Checksum(bytes, index).CopyTo(bytes, ChecksumOffset);
        return bytes;
    }

    /// <exception cref="InvalidDataException">The header or the index is not what was written.</exception>
    public static void Verify(ReadOnlySpan<byte> header, ReadOnlySpan<byte> index)
    {
        if (!header.Slice(ChecksumOffset, SHA256.HashSizeInBytes).SequenceEqual(Checksum(header, index)))
        {
            throw new InvalidDataException("its list of images is damaged (the checksum differs)");
        }
    }

    private static byte[] Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> index)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header[..ChecksumOffset]);
        hash.AppendData(index);
        return hash.GetHashAndReset();
    }
}
