using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
    /// <summary>
    /// Bytes that must be readable after the last pixel of the source, which may be the end of a memory map. A row of four taps reads 16
    /// bytes (of 3-byte pixels 14) from a pixel of the source on, so 12 at most behind the last one. With more taps only pairs that begin
    /// in the row are read: 5 bytes at most.
    /// </summary>
    public const int Slack = 16;

    private readonly AxisWeights _horizontal = new();
    private readonly AxisWeights _vertical = new();
    private byte[] _rows = [];
    private int[] _spread = [];

    /// <summary>Plans a drawing.</summary>
    /// <param name="plan">What is wanted, in pixels of the full-size image.</param>
    /// <param name="placement">Where the full-size image lies in the picture, which may be a smaller one of it.</param>
    /// <param name="width">Width of the whole picture in pixels.</param>
    /// <param name="height">Height of the whole picture in pixels.</param>
    /// <returns>The pixels of the picture that <see cref="Draw"/> will need.</returns>
    public PixelWindow Prepare(in CropPlan plan, PixelPlacement placement, int width, int height)
    {
        _horizontal.Compute(plan.Horizontal, placement.ScaleX, placement.OffsetX, width);
        _vertical.Compute(plan.Vertical, placement.ScaleY, placement.OffsetY, height);
        return Needed();
    }

    /// <summary>Draws the square last prepared into <paramref name="destination"/>.</summary>
    /// <param name="source">
    /// RGBX bytes [window's height, window's width, 4] or RGB bytes [window's height, window's width, 3], and <see cref="Slack"/> more.
    /// </param>
    /// <param name="window">Which part of the picture the source is; it contains the part needed.</param>
    /// <param name="destination">Receives RGB bytes [plan's rows, plan's columns, 3].</param>
    /// <param name="pixelBytes">Bytes of a pixel of the source: 4 or 3.</param>
    public void Draw(ReadOnlySpan<byte> source, PixelWindow window, Span<byte> destination, int pixelBytes = RgbxLayout.Bytes)
    {
        int rowBytes = _horizontal.Count * 3;
        (int start, int end) = _vertical.Range;
        if (!window.Contains(Needed()))
        {
            throw new ArgumentException("The source lacks pixels that the drawing needs.", nameof(window));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, ((long)window.Width * window.Height * pixelBytes) + Slack);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, (long)rowBytes * _vertical.Count);

        long needed = ((long)(end - start) * rowBytes) + Slack;
        if (_rows.Length < needed)
        {
            _rows = GC.AllocateUninitializedArray<byte>(checked((int)needed));
        }

        SpreadWeights();
        for (int y = start; y < end; y++)
        {
            ref byte row = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), (nint)(y - window.Top) * window.Width * pixelBytes);
            ref byte target = ref _rows[(y - start) * rowBytes];
            if (pixelBytes == RgbLayout.Bytes)
            {
                DrawRow<RgbLayout>(ref row, window.Left, ref target);
            }
            else
            {
                DrawRow<RgbxLayout>(ref row, window.Left, ref target);
            }
        }

        for (int y = 0; y < _vertical.Count; y++)
        {
            ReadOnlySpan<int> weights = _vertical.Weights.AsSpan(y * _vertical.Taps, _vertical.Taps);
            BlendRows((_vertical.First[y] - start) * rowBytes, rowBytes, weights.TrimEnd(0), destination.Slice(y * rowBytes, rowBytes));
        }
    }

    private PixelWindow Needed()
    {
        (int left, int right) = _horizontal.Range;
        (int top, int bottom) = _vertical.Range;
        return new PixelWindow(left, top, right - left, bottom - top);
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

    private void DrawRow<TLayout>(ref byte source, int left, ref byte target)
        where TLayout : struct, IPixelLayout
    {
        ReadOnlySpan<int> first = _horizontal.First.AsSpan(0, _horizontal.Count);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_spread);
        int taps = _horizontal.Taps;
        if (taps == 4)
        {
            // The usual case, without a loop in the loop. Of taps beyond the row the pixels lie in the slack; their weight is zero.
            for (int x = 0; x < first.Length; x++)
            {
                ref byte pixel = ref Unsafe.Add(ref source, (nint)(first[x] - left) * TLayout.Size);
                Vector256<int> sum = (TLayout.LoadTwo(ref pixel) * Vector256.LoadUnsafe(ref weights))
                    + (TLayout.LoadTwo(ref Unsafe.Add(ref pixel, 2 * TLayout.Size)) * Vector256.LoadUnsafe(ref weights, 8));
                PixelVector.StorePixel(sum, ref Unsafe.Add(ref target, x * 3));
                weights = ref Unsafe.Add(ref weights, 16);
            }

            return;
        }

        int right = _horizontal.Range.End;
        for (int x = 0; x < first.Length; x++)
        {
            ref byte pixel = ref Unsafe.Add(ref source, (nint)(first[x] - left) * TLayout.Size);
            Vector256<int> sum = Vector256<int>.Zero;
            // Taps beyond the part needed have no weight. With a strong reduction they are many, so they are not read, but for the second
            // of the last two: it may lie behind the source, in the slack.
            int end = Math.Min(taps, right - first[x]);
            for (int tap = 0; tap < end; tap += 2)
            {
                sum += TLayout.LoadTwo(ref Unsafe.Add(ref pixel, tap * TLayout.Size)) * Vector256.LoadUnsafe(ref weights, (nuint)(tap * 4));
            }

            // The fourth byte is overwritten by the next pixel, the last one of all lands in the slack.
            PixelVector.StorePixel(sum, ref Unsafe.Add(ref target, x * 3));
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
                a += PixelVector.WidenEight(ref column) * weight;
                b += PixelVector.WidenEight(ref Unsafe.Add(ref column, 8)) * weight;
                c += PixelVector.WidenEight(ref Unsafe.Add(ref column, 16)) * weight;
                d += PixelVector.WidenEight(ref Unsafe.Add(ref column, 24)) * weight;
                column = ref Unsafe.Add(ref column, rowBytes);
            }

            PixelVector.StoreEight(a, ref Unsafe.Add(ref result, x));
            PixelVector.StoreEight(b, ref Unsafe.Add(ref result, x + 8));
            PixelVector.StoreEight(c, ref Unsafe.Add(ref result, x + 16));
            PixelVector.StoreEight(d, ref Unsafe.Add(ref result, x + 24));
        }

        for (; x < rowBytes; x++)
        {
            int sum = PixelVector.Half;
            for (int tap = 0; tap < weights.Length; tap++)
            {
                sum += Unsafe.Add(ref rows, (tap * rowBytes) + x) * weights[tap];
            }

            target[x] = (byte)Math.Min(sum >> AxisWeights.FractionBits, byte.MaxValue);
        }
    }
}
