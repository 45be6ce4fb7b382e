namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>A colour with components from 0 to 255, not rounded.</summary>
internal readonly record struct Rgb(double R, double G, double B)
{
    public static Rgb Mix(Rgb from, Rgb to, double t) =>
        new(from.R + ((to.R - from.R) * t), from.G + ((to.G - from.G) * t), from.B + ((to.B - from.B) * t));

    public Rgb Jitter(ref CounterRandom random)
    {
        double brightness = 16 * (random.NextDouble() - 0.5);
        return new(
            R + brightness + (10 * (random.NextDouble() - 0.5)),
            G + brightness + (10 * (random.NextDouble() - 0.5)),
            B + brightness + (10 * (random.NextDouble() - 0.5)));
    }

    public Rgb Scale(double factor) => new(R * factor, G * factor, B * factor);

    public Rgb Add(double value) => new(R + value, G + value, B + value);
}
