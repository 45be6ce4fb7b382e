using System.Buffers.Binary;
using System.Text;

namespace NJepa.Interop;

/// <summary>The bytes of a pickle, read forward. Every length is compared with what is left before anything is allocated.</summary>
internal sealed class PickleReader(byte[] bytes)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private int _position;

    public int Position => _position;

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A length of 8 bytes.</summary>
    public long Length64()
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return length <= long.MaxValue ? (long)length : throw new PickleException($"it claims a length of {length} bytes");
    }

    /// <summary>An integer of so many bytes, little-endian, two's complement.</summary>
    public long Integer(long length)
    {
        if (length > sizeof(long))
        {
            throw new PickleException($"it holds an integer of {length} bytes; at most {sizeof(long)} are read");
        }

        ReadOnlySpan<byte> digits = Take(length);
        long value = digits.Length > 0 && digits[^1] >= 0x80 ? -1 : 0;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | digits[i];
        }

        return value;
    }

    public string Text(long length)
    {
        try
        {
            return StrictUtf8.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw new PickleException("a text is not UTF-8");
        }
    }

    /// <summary>Bytes up to a line feed, as the module and the name of a global are written.</summary>
    public string Line(int maxLength)
    {
        int length = bytes.AsSpan(_position).IndexOf((byte)'\n');
        if (length < 0 || length > maxLength)
        {
            throw new PickleException(length < 0 ? "it ends in the middle of a name" : $"it holds a name of {length} bytes; at most {maxLength} are read");
        }

        string line = Text(length);
        _position++;
        return line;
    }

    public void Skip(long length) => Take(length);

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > bytes.Length - _position)
        {
            throw new PickleException($"it claims {length} bytes at byte {_position}, where {bytes.Length - _position} are left");
        }

        ReadOnlySpan<byte> taken = bytes.AsSpan(_position, (int)length);
        _position += (int)length;
        return taken;
    }
}
