using NJepa.Masking;

namespace NJepa.Models;

/// <summary>
/// Fixed two-dimensional sin-cos positions (I-JEPA, appendix A; after MAE). The first half of the channels encodes the column, the second half the row;
/// each half is <c>[sin(i w_k), cos(i w_k)]</c> with <c>w_k = 10000^(-k / (E/4))</c>.
/// </summary>
public static class PositionTable
{
    private const int Taps = 4;
    private const double CubicA = -0.75;

    /// <summary>The table of a grid, <c>[L,E]</c> row-major, computed in double precision and stored as float.</summary>
    /// <param name="grid">The patch grid; patch (row, column) is entry <c>row * Columns + column</c>.</param>
    /// <param name="width">E, the number of channels: a positive multiple of 4.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is not a positive multiple of 4.</exception>
    public static float[] SinCos(PatchGrid grid, int width)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (width < 4 || width % 4 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, "The width of a position table must be a positive multiple of 4 (sines and cosines of two axes).");
        }

        var table = new float[grid.Count * width];
        for (int row = 0; row < grid.Rows; row++)
        {
            for (int column = 0; column < grid.Columns; column++)
            {
                Span<float> entry = table.AsSpan(((row * grid.Columns) + column) * width, width);
                FillAxis(column, entry[..(width / 2)]);
                FillAxis(row, entry[(width / 2)..]);
            }
        }

        return table;
    }

    /// <summary>
    /// A table for another grid: each channel resampled bicubically (a = -0.75, pixel centres at one half, edges repeated, no antialiasing), as PyTorch's <c>interpolate</c> does and as
    /// Hugging Face and DINO do for images of another size. Computed in double precision.
    /// </summary>
    /// <param name="table">The table <c>[L,E]</c>, row-major.</param>
    /// <param name="from">The grid that it belongs to.</param>
    /// <param name="to">The grid that a table is needed for.</param>
    /// <returns>The resampled table; a copy where the grids are equal.</returns>
    /// <exception cref="ArgumentException">The table's length is not a multiple of the grid's number of patches.</exception>
    public static float[] Resize(ReadOnlySpan<float> table, PatchGrid from, PatchGrid to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (table.Length == 0 || table.Length % from.Count != 0)
        {
            throw new ArgumentException($"A position table of {table.Length} numbers does not fit a grid of {from} patches; it must hold the same number for each of the {from.Count} patches.", nameof(table));
        }

        if (from == to)
        {
            return table.ToArray();
        }

        int width = table.Length / from.Count;
        (int[] Places, double[] Weights)[] rows = CubicTaps(from.Rows, to.Rows), columns = CubicTaps(from.Columns, to.Columns);
        var resized = new float[to.Count * width];
        var sums = new double[width];
        for (int row = 0; row < to.Rows; row++)
        {
            for (int column = 0; column < to.Columns; column++)
            {
                Array.Clear(sums);
                for (int tap = 0; tap < Taps * Taps; tap++)
                {
                    (int y, int x) = (rows[row].Places[tap / Taps], columns[column].Places[tap % Taps]);
                    double weight = rows[row].Weights[tap / Taps] * columns[column].Weights[tap % Taps];
                    ReadOnlySpan<float> entry = table.Slice(((y * from.Columns) + x) * width, width);
                    for (int channel = 0; channel < width; channel++)
                    {
                        sums[channel] += weight * entry[channel];
                    }
                }

                for (int channel = 0; channel < width; channel++)
                {
                    resized[(((row * to.Columns) + column) * width) + channel] = (float)sums[channel];
                }
            }
        }

        return resized;
    }

    // Of each new place along an axis: the four old places that it is mixed from, and how much of each (Keys, 1981).
    private static (int[] Places, double[] Weights)[] CubicTaps(int from, int to)
    {
        static double Near(double t) => ((((CubicA + 2) * t) - (CubicA + 3)) * t * t) + 1;
        static double Far(double t) => (((((CubicA * t) - (5 * CubicA)) * t) + (8 * CubicA)) * t) - (4 * CubicA);
        var taps = new (int[], double[])[to];
        for (int i = 0; i < to; i++)
        {
            double place = ((i + 0.5) * from / to) - 0.5;
            int floor = (int)Math.Floor(place);
            double t = place - floor;
            taps[i] = ([.. Enumerable.Range(floor - 1, Taps).Select(old => Math.Clamp(old, 0, from - 1))], [Far(t + 1), Near(t), Near(1 - t), Far(2 - t)]);
        }

        return taps;
    }

    private static void FillAxis(int position, Span<float> channels)
    {
        int quarter = channels.Length / 2;
        for (int k = 0; k < quarter; k++)
        {
            (double sin, double cos) = Math.SinCos(position * Math.Pow(10000.0, -(double)k / quarter));
            channels[k] = (float)sin;
            channels[quarter + k] = (float)cos;
        }
    }
}
