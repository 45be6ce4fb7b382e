using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NJepa.Data;

/// <summary>
/// Crops, resizes and mirrors in one go: rows first, then columns, with 8-bit values in between, as Pillow does it. Reusable, for one
/// thread.
/// </summary>
/// <remarks>
/// The source has 4 bytes a pixel (the fourth is not read into the result), as decoders write them, or 3, as they are packed on disk; the
/// result has 3. Two taps of the horizontal pass or eight bytes of the vertical pass fill a vector of 32-bit sums.
/// </remarks>
internal sealed class PixelResampler
{
    /// <summary>Bytes that must be readable after the last pixel of the source.</summary>
    public const int Slack = 16;

    private const int Half = 1 << (AxisWeights.FractionBits - 1);

    private readonly AxisWeights _horizontal = new();
    private readonly AxisWeights _vertical = new();
    private byte[] _rows = [];
    private int[] _spread = [];

    /// <summary>Draws the planned square into <paramref name="destination"/>.</summary>
    /// <param name="source">RGBX bytes [height, width, 4] or RGB bytes [height, width, 3], and <see cref="Slack"/> more.</param>
    /// <param name="width">Width of the source in pixels.</param>
    /// <param name="height">Height of the source in pixels.</param>
    /// <param name="plan">What is wanted, in pixels of the full-size image.</param>
    /// <param name="placement">Where the full-size image lies in the source, which may be a smaller decoding of it.</param>
    /// <param name="destination">Receives RGB bytes [plan's rows, plan's columns, 3].</param>
    /// <param name="pixelBytes">Bytes of a pixel of the source: 4 or 3.</param>
    public void Draw(
        ReadOnlySpan<byte> source, int width, int height, in CropPlan plan, PixelPlacement placement, Span<byte> destination,
        int pixelBytes = Rgbx.Bytes)
    {
        _horizontal.Compute(plan.Horizontal, placement.ScaleX, placement.OffsetX, width);
        _vertical.Compute(plan.Vertical, placement.ScaleY, placement.OffsetY, height);
        int rowBytes = _horizontal.Count * 3;
        (int start, int end) = _vertical.Range;
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, ((long)width * height * pixelBytes) + Slack);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, (long)rowBytes * _vertical.Count);

        long needed = ((long)(end - start) * rowBytes) + Slack;
        if (_rows.Length < needed)
        {
            _rows = GC.AllocateUninitializedArray<byte>(checked((int)needed));
        }

        SpreadWeights();
        for (int y = start; y < end; y++)
        {
            ref byte row = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), (nint)y * width * pixelBytes);
            ref byte target = ref _rows[(y - start) * rowBytes];
            if (pixelBytes == Rgb.Bytes)
            {
                DrawRow<Rgb>(ref row, width, ref target);
            }
            else
            {
                DrawRow<Rgbx>(ref row, width, ref target);
            }
        }

        for (int y = 0; y < _vertical.Count; y++)
        {
            ReadOnlySpan<int> weights = _vertical.Weights.AsSpan(y * _vertical.Taps, _vertical.Taps);
            BlendRows((_vertical.First[y] - start) * rowBytes, rowBytes, weights.TrimEnd(0), destination.Slice(y * rowBytes, rowBytes));
        }
    }

    /// <summary>Repeats each horizontal weight for the four bytes of a pixel.</summary>
    private void SpreadWeights()
    {
        int count = _horizontal.Count * _horizontal.Taps;
        if (_spread.Length < count * 4)
        {
            _spread = new int[count * 4];
        }

        ReadOnlySpan<int> weights = _horizontal.Weights.AsSpan(0, count);
        Span<Vector128<int>> spread = MemoryMarshal.Cast<int, Vector128<int>>(_spread.AsSpan(0, count * 4));
        for (int i = 0; i < weights.Length; i++)
        {
            spread[i] = Vector128.Create(weights[i]);
        }
    }

    private void DrawRow<TPixel>(ref byte source, int width, ref byte target)
        where TPixel : struct, IPixel
    {
        int taps = _horizontal.Taps;
        ReadOnlySpan<int> first = _horizontal.First.AsSpan(0, _horizontal.Count);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_spread);
        for (int x = 0; x < first.Length; x++)
        {
            ref byte pixel = ref Unsafe.Add(ref source, (nint)first[x] * TPixel.Size);
            Vector256<int> sum = Vector256<int>.Zero;
            // Taps beyond the row have no weight. They are not read: with a strong reduction they are many, and behind the last row may
            // lie the end of a memory map. Only the second of the last two may still lie behind the source, in the slack.
            int end = Math.Min(taps, width - first[x]);
            for (int tap = 0; tap < end; tap += 2)
            {
                sum += TPixel.LoadTwo(ref Unsafe.Add(ref pixel, tap * TPixel.Size)) * Vector256.LoadUnsafe(ref weights, (nuint)(tap * 4));
            }

            Vector128<int> value = Finish(sum.GetLower() + sum.GetUpper());
            Vector128<byte> packed = Vector128.Shuffle(value.AsByte(), Vector128.CreateScalar(0x0C080400).AsByte());
            uint bytes = packed.AsUInt32().ToScalar();
            // The fourth byte is overwritten by the next pixel, the last one of all lands in the slack.
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, x * 3), bytes);
            weights = ref Unsafe.Add(ref weights, taps * 4);
        }
    }

    private void BlendRows(int offset, int rowBytes, ReadOnlySpan<int> weights, Span<byte> target)
    {
        ref byte rows = ref _rows[offset];
        ref byte result = ref MemoryMarshal.GetReference(target);
        int x = 0;
        for (; x <= rowBytes - 32; x += 32)
        {
            Vector256<int> a = Vector256<int>.Zero, b = a, c = a, d = a;
            ref byte column = ref Unsafe.Add(ref rows, x);
            for (int tap = 0; tap < weights.Length; tap++)
            {
                Vector256<int> weight = Vector256.Create(weights[tap]);
                a += Widen(ref column) * weight;
                b += Widen(ref Unsafe.Add(ref column, 8)) * weight;
                c += Widen(ref Unsafe.Add(ref column, 16)) * weight;
                d += Widen(ref Unsafe.Add(ref column, 24)) * weight;
                column = ref Unsafe.Add(ref column, rowBytes);
            }

            Store(a, ref Unsafe.Add(ref result, x));
            Store(b, ref Unsafe.Add(ref result, x + 8));
            Store(c, ref Unsafe.Add(ref result, x + 16));
            Store(d, ref Unsafe.Add(ref result, x + 24));
        }

        for (; x < rowBytes; x++)
        {
            int sum = Half;
            for (int tap = 0; tap < weights.Length; tap++)
            {
                sum += Unsafe.Add(ref rows, (tap * rowBytes) + x) * weights[tap];
            }

            target[x] = (byte)Math.Min(sum >> AxisWeights.FractionBits, byte.MaxValue);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(ref byte source) => Widen(LoadEight(ref source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadEight(ref byte source) =>
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(Vector128<byte> bytes)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ConvertToVector256Int32(bytes);
        }

        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.WidenLower(bytes));
        return Vector256.Create(lower.AsInt32(), upper.AsInt32());
    }

    /// <summary>
    /// Rounds to 8 bits. Weights are not negative, but with thousands of taps their rounding may add up to a little more than one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Finish(Vector128<int> sum) =>
        Vector128.Min((sum + Vector128.Create(Half)) >> AxisWeights.FractionBits, Vector128.Create((int)byte.MaxValue));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> sum, ref byte target)
    {
        Vector128<short> words = Vector128.Narrow(Finish(sum.GetLower()), Finish(sum.GetUpper()));
        Unsafe.WriteUnaligned(ref target, Vector128.Narrow(words.AsUInt16(), words.AsUInt16()).AsUInt64().ToScalar());
    }

    /// <summary>How a pixel lies in memory. A struct, so that each layout gets machine code of its own.</summary>
    private interface IPixel
    {
        static abstract int Size { get; }

        /// <summary>Two neighbouring pixels as 2 x 4 sums; the fourth of each is not used. Reads 8 bytes.</summary>
        static abstract Vector256<int> LoadTwo(ref byte source);
    }

    private readonly struct Rgbx : IPixel
    {
        public const int Bytes = 4;

        public static int Size => Bytes;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> LoadTwo(ref byte source) => Widen(ref source);
    }

    private readonly struct Rgb : IPixel
    {
        public const int Bytes = 3;

        public static int Size => Bytes;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> LoadTwo(ref byte source) =>
            Widen(Vector128.Shuffle(LoadEight(ref source), Vector128.Create(0xFF050403_FF020100ul, 0).AsByte()));
    }
}
