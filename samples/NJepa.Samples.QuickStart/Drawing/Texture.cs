namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>
/// The eight patterns as signed distance fields: the distance in pixels from a point to the edge of the ink, negative inside the ink.
/// A distance gives smooth edges at any angle and size with a single sample per pixel.
/// </summary>
/// <param name="Class">Which pattern.</param>
/// <param name="Period">Distance after which it repeats, in pixels.</param>
/// <param name="Thickness">Weight of the ink, from 0 (thin) to 1 (heavy).</param>
/// <param name="Shape">A second number in [0, 1) for patterns that can vary otherwise (the bend of a wave, the length of a brick).</param>
/// <param name="Salt">Sets the irregularities of scattered patterns apart from picture to picture.</param>
internal readonly record struct Texture(PictureClass Class, double Period, double Thickness, double Shape, ulong Salt)
{
    private static readonly double HalfRoot3 = Math.Sqrt(3) / 2;

    /// <summary>The distance at a point of the pattern's own, rotated, frame, in pixels.</summary>
    public double Distance(double u, double v) => Class switch
    {
        PictureClass.Bricks => Bricks(u, v),
        PictureClass.Checks => Checks(u, v),
        PictureClass.Crosses => Crosses(u, v),
        PictureClass.Dots => Dots(u, v),
        PictureClass.Rings => Lines(Math.Sqrt((u * u) + (v * v))),
        PictureClass.Stripes => Lines(v),
        PictureClass.Triangles => Triangles(u, v),
        PictureClass.Waves => Waves(u, v),
        _ => throw new InvalidOperationException($"There is no pattern for {Class}."),
    };

    private double Lines(double across) => FromCentre(across, Period) - (Period * Lerp(0.20, 0.30, Thickness));

    private double Waves(double u, double v)
    {
        double wavelength = Period * Lerp(1.9, 2.7, Shape);
        double amplitude = wavelength * 0.21;
        double phase = 2 * Math.PI * u / wavelength;
        double slope = amplitude * 2 * Math.PI / wavelength * Math.Cos(phase);
        // Measured along v a steep stroke looks thicker than it is: the slope's cosine turns that into a distance.
        return Lines(v + (amplitude * Math.Sin(phase))) / Math.Sqrt(1 + (0.6 * slope * slope));
    }

    private double Checks(double u, double v)
    {
        double edge = Math.Min(FromEdge(u, Period), FromEdge(v, Period));
        return IsOdd(Cell(u, Period) + Cell(v, Period)) ? edge : -edge;
    }

    private double Triangles(double u, double v)
    {
        double height = Period * 1.25 * HalfRoot3;
        double b = (u * HalfRoot3) + (v * 0.5);
        double c = (v * 0.5) - (u * HalfRoot3);
        double edge = Math.Min(FromEdge(v, height), Math.Min(FromEdge(b, height), FromEdge(c, height)));
        return IsOdd(Cell(v, height) + Cell(b, height) + Cell(c, height)) ? edge : -edge;
    }

    private double Dots(double u, double v)
    {
        double rowHeight = Period * HalfRoot3;
        double row = Math.Round(v / rowHeight);
        double shifted = u - (IsOdd((long)row) ? Period / 2 : 0);
        double du = shifted - (Math.Round(shifted / Period) * Period);
        double dv = v - (row * rowHeight);
        return Math.Sqrt((du * du) + (dv * dv)) - (Period * Lerp(0.29, 0.37, Thickness));
    }

    private double Bricks(double u, double v)
    {
        double height = Period * 0.95;
        double length = height * Lerp(1.8, 2.4, Shape);
        double along = u - (IsOdd(Cell(v, height)) ? length / 2 : 0);
        return Math.Min(FromEdge(along, length), FromEdge(v, height)) - (Period * Lerp(0.11, 0.17, Thickness));
    }

    private double Crosses(double u, double v)
    {
        double pitch = Period * 1.35;
        long column = Cell(u, pitch);
        long row = Cell(v, pitch);
        ulong bits = CounterRandom.Mix(Salt ^ CounterRandom.Mix(((ulong)column * 0x9E3779B97F4A7C15) ^ (ulong)row));
        double du = u - ((column + 0.5 + (0.16 * (Fraction(bits) - 0.5))) * pitch);
        double dv = v - ((row + 0.5 + (0.16 * (Fraction(bits << 21) - 0.5))) * pitch);
        (double sin, double cos) = Math.SinCos(Math.PI / 2 * Fraction(bits << 42));
        double x = Math.Abs((du * cos) + (dv * sin));
        double y = Math.Abs((dv * cos) - (du * sin));
        double arm = pitch * 0.42;
        double half = pitch * Lerp(0.10, 0.15, Thickness);
        return Math.Min(Math.Max(x - arm, y - half), Math.Max(y - arm, x - half));
    }

    private static double Lerp(double from, double to, double t) => from + ((to - from) * t);

    private static double Fraction(ulong bits) => (bits >> 43) * (1.0 / (1UL << 21));

    private static long Cell(double x, double period) => (long)Math.Floor(x / period);

    private static bool IsOdd(long cell) => (cell & 1) != 0;

    /// <summary>Distance to the nearest multiple of the period.</summary>
    private static double FromEdge(double x, double period) => Math.Abs(x - (Math.Round(x / period) * period));

    /// <summary>Distance to the nearest middle between two multiples of the period.</summary>
    private static double FromCentre(double x, double period) => (period / 2) - FromEdge(x, period);
}
