using NJepa.Masking;

namespace NJepa.Models;

/// <summary>
/// Fixed two-dimensional sin-cos positions (I-JEPA, appendix A; after MAE). The first half of the channels encodes the column, the second half the row;
/// each half is <c>[sin(i w_k), cos(i w_k)]</c> with <c>w_k = 10000^(-k / (E/4))</c>.
/// </summary>
public static class PositionTable
{
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
