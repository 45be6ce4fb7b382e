using System.Runtime.Intrinsics;

namespace NJepa.Noise;

/// <summary>
/// Standard normal numbers at addresses: channel <c>c</c> of row <c>r</c> of the field named by a key is a pure function of the three. So the maps of two
/// target blocks that share a patch agree there without the map ever being stored, and only what is read is computed.
/// </summary>
internal static class GaussianField
{
    private const int Pairs = 8;
    private const double UnitOf32Bits = 1.0 / (1UL << 32);

    /// <summary>Writes the channels of one row, times <paramref name="sigma"/>. All rows of a field must have the same length.</summary>
    public static void FillRow(ulong key, int row, float sigma, Span<float> destination)
    {
        // Rows start at whole blocks of counters: a row's unfinished last block shares no number with the next row.
        int blocksPerRow = (destination.Length + (2 * Pairs) - 1) / (2 * Pairs);
        ulong pair = (ulong)row * (ulong)blocksPerRow * Pairs;
        while (destination.Length >= 2 * Pairs)
        {
            FillBlock(key, pair, sigma, destination[..(2 * Pairs)]);
            destination = destination[(2 * Pairs)..];
            pair += Pairs;
        }

        if (!destination.IsEmpty)
        {
            Span<float> block = stackalloc float[2 * Pairs];
            FillBlock(key, pair, sigma, block);
            block[..destination.Length].CopyTo(destination);
        }
    }

    // Box and Muller on eight counters at a time: 32 bits of a counter's hash give the radius, the other 32 the angle.
    private static void FillBlock(ulong key, ulong pair, float sigma, Span<float> destination)
    {
        Vector512<ulong> counter = Vector512.Create(pair + 1) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        Vector512<ulong> bits = Mix(Vector512.Create(key) + (counter * CounterRandom.Increment));
        Vector512<double> forRadius = (Vector512.ConvertToDouble(Vector512.ShiftRightLogical(bits, 32)) + Vector512.Create(0.5)) * UnitOf32Bits;
        Vector512<double> forAngle = Vector512.ConvertToDouble(bits & Vector512.Create(0xFFFFFFFFUL)) * UnitOf32Bits;
        Vector512<double> radius = Vector512.Sqrt(Vector512.Log(forRadius) * -2.0) * sigma;
        (Vector512<double> sin, Vector512<double> cos) = Vector512.SinCos(forAngle * (2.0 * Math.PI));
        Vector512.Narrow(radius * cos, radius * sin).CopyTo(destination);
    }

    private static Vector512<ulong> Mix(Vector512<ulong> z)
    {
        z = (z ^ Vector512.ShiftRightLogical(z, 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ Vector512.ShiftRightLogical(z, 27)) * 0x94D049BB133111EBUL;
        return z ^ Vector512.ShiftRightLogical(z, 31);
    }
}
