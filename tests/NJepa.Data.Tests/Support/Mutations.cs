using System.Buffers.Binary;

namespace NJepa.Data.Tests.Support;

/// <summary>Damages files at random, always in the same way for a seed.</summary>
public sealed class Mutations(int seed)
{
    private static readonly uint[] Limits = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];

    private readonly Random _random = new(seed);

    /// <summary>A number from 0 to <paramref name="end"/> - 1.</summary>
    public int Next(int end) => _random.Next(end);

    /// <summary>One to five changes: single bits and bytes, numbers at their limits, parts cut out, copied, doubled, swapped for noise.</summary>
    /// <param name="good">The file to start from.</param>
    /// <param name="from">Changes begin here and lie towards the end.</param>
    public byte[] Apply(byte[] good, int from = 0)
    {
        byte[] bytes = [.. good];
        for (int change = _random.Next(1, 6); change > 0 && bytes.Length > from; change--)
        {
            bytes = Change(bytes, from);
        }

        return bytes;
    }

    private byte[] Change(byte[] bytes, int from)
    {
        int place = _random.Next(from, bytes.Length);
        int length = Math.Min(bytes.Length - place, 1 << _random.Next(8));
        Span<byte> part = bytes.AsSpan(place, length);
        switch (_random.Next(9))
        {
            case 0:
                part[0] ^= (byte)(1 << _random.Next(8));
                return bytes;
            case 1:
                part[0] = (byte)_random.Next(256);
                return bytes;
            case 2 when part.Length >= 2:
                BinaryPrimitives.WriteUInt16LittleEndian(part, (ushort)Limits[_random.Next(Limits.Length)]);
                return bytes;
            case 3 when part.Length >= 4:
                BinaryPrimitives.WriteUInt32LittleEndian(part, Limits[_random.Next(Limits.Length)]);
                return bytes;
            case 4 when part.Length >= 8:
                BinaryPrimitives.WriteInt64LittleEndian(part, _random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64));
                return bytes;
            case 5:
                _random.NextBytes(part);
                return bytes;
            case 6:
                return [.. bytes[..place], .. bytes[(place + length)..]];
            case 7:
                return [.. bytes[..(place + length)], .. bytes[place..]];
            case 8 when _random.Next(4) == 0:
                return bytes[..place];
            default:
                part.CopyTo(bytes.AsSpan(_random.Next(from, bytes.Length - length + 1)));
                return bytes;
        }
    }
}
