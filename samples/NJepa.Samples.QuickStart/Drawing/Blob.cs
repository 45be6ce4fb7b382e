namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>A smooth closed shape: a circle whose radius three harmonics bend.</summary>
internal readonly record struct Blob(double X, double Y, double Radius, double Bend, double Phase2, double Phase3, double Phase5)
{
    public static Blob Draw(ref CounterRandom random, double x, double y, double radius, double bend) =>
        new(x, y, radius, bend, Angle(ref random), Angle(ref random), Angle(ref random));

    /// <summary>Roughly the distance in pixels to the edge, negative inside.</summary>
    public double Distance(double x, double y)
    {
        double dx = x - X;
        double dy = y - Y;
        double angle = Math.Atan2(dy, dx);
        double wobble = Math.Cos((2 * angle) + Phase2) + (0.7 * Math.Cos((3 * angle) + Phase3)) + (0.3 * Math.Cos((5 * angle) + Phase5));
        return Math.Sqrt((dx * dx) + (dy * dy)) - (Radius * (1 + (Bend * wobble)));
    }

    private static double Angle(ref CounterRandom random) => 2 * Math.PI * random.NextDouble();
}
