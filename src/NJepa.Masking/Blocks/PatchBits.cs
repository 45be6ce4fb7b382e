using System.Numerics;
using System.Runtime.CompilerServices;

namespace NJepa.Masking;

/// <summary>A set of patches as one bit each, 64 to a word, in the order of their numbers. Blocks are set and cleared a row at a time.</summary>
internal static class PatchBits
{
    public static int WordsFor(PatchGrid grid) => (grid.Count + 63) >> 6;

    public static void SetBlock(Span<ulong> bits, int columns, PatchBlock block)
    {
        int start = (block.Top * columns) + block.Left;
        for (int row = 0; row < block.Height; row++, start += columns)
        {
            SetRun(bits, start, block.Width);
        }
    }

    public static void ClearBlock(Span<ulong> bits, int columns, PatchBlock block)
    {
        int start = (block.Top * columns) + block.Left;
        for (int row = 0; row < block.Height; row++, start += columns)
        {
            ClearRun(bits, start, block.Width);
        }
    }

    public static int Count(ReadOnlySpan<ulong> bits)
    {
        int count = 0;
        foreach (ulong word in bits)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>The lowest numbers of the set, ascending, until <paramref name="destination"/> is full.</summary>
    public static void WriteLowest(ReadOnlySpan<ulong> bits, Span<int> destination)
    {
        int written = 0;
        for (int word = 0; word < bits.Length; word++)
        {
            for (ulong rest = bits[word]; rest != 0; rest &= rest - 1)
            {
                if (written == destination.Length)
                {
                    return;
                }

                destination[written++] = (word << 6) + BitOperations.TrailingZeroCount(rest);
            }
        }
    }

    /// <summary>
    /// A uniformly random subset of the set that fills <paramref name="destination"/>, ascending: each member is taken with the probability "places left / members left"
    /// (selection sampling, Knuth's algorithm S), so that no sorting is needed.
    /// </summary>
    public static void WriteRandomSubset(ReadOnlySpan<ulong> bits, int count, Span<int> destination, ref CounterRandom random)
    {
        uint left = (uint)count;
        uint needed = (uint)destination.Length;
        int written = 0;
        ulong number = 0;
        for (int word = 0; word < bits.Length; word++)
        {
            for (ulong rest = bits[word]; rest != 0; rest &= rest - 1)
            {
                if (needed == 0)
                {
                    return;
                }

                // Two 32-bit numbers from each 64-bit one; written without a branch, which could not be predicted.
                number = (left & 1) == ((uint)count & 1) ? random.NextUInt64() : number >> 32;
                uint taken = (((number & uint.MaxValue) * left) >> 32) < needed ? 1u : 0u;
                destination[written] = (word << 6) + BitOperations.TrailingZeroCount(rest);
                written += (int)taken;
                needed -= taken;
                left--;
            }
        }
    }

    /// <summary>The numbers of a block's patches, ascending.</summary>
    public static void WriteBlock(PatchBlock block, int columns, Span<int> destination)
    {
        int start = (block.Top * columns) + block.Left;
        int written = 0;
        for (int row = 0; row < block.Height; row++, start += columns)
        {
            for (int column = 0; column < block.Width; column++)
            {
                destination[written++] = start + column;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetRun(Span<ulong> bits, int start, int length)
    {
        int word = start >> 6;
        int offset = start & 63;
        while (length > 0)
        {
            int taken = Math.Min(64 - offset, length);
            bits[word++] |= (ulong.MaxValue >> (64 - taken)) << offset;
            length -= taken;
            offset = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ClearRun(Span<ulong> bits, int start, int length)
    {
        int word = start >> 6;
        int offset = start & 63;
        while (length > 0)
        {
            int taken = Math.Min(64 - offset, length);
            bits[word++] &= ~((ulong.MaxValue >> (64 - taken)) << offset);
            length -= taken;
            offset = 0;
        }
    }
}
