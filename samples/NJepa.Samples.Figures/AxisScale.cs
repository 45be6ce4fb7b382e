using System.Globalization;

namespace NJepa.Samples.Figures;

/// <summary>A part of the number line with round ticks, wide enough for all values.</summary>
internal sealed class AxisScale
{
    /// <summary>An axis.</summary>
    /// <param name="values">What it must show; finite, at least one.</param>
    /// <param name="ticks">About how many ticks it has.</param>
    /// <param name="margin">How much longer than the values it is at each end, as a part of their spread.</param>
    /// <param name="leastStep">The smallest distance of two ticks: 1 for what is counted.</param>
    public AxisScale(IReadOnlyCollection<double> values, int ticks, double margin = 0.05, double leastStep = 0)
    {
        (double low, double high) = (values.Min(), values.Max());

        // A single value, or values that differ by rounding alone.
        double least = Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-3;
        least = least > 0 ? least : 1;
        if (high - low < least)
        {
            (low, high) = (((low + high) / 2) - (least / 2), ((low + high) / 2) + (least / 2));
        }

        double more = margin * (high - low);
        (Low, High) = (low - more, high + more);
        Step = Math.Max(leastStep, Round((High - Low) / ticks));
        Decimals = Math.Clamp(-(int)Math.Floor(Math.Log10(Step) + 1e-9), 0, 10);
    }

    public double Low { get; }

    public double High { get; }

    /// <summary>Distance of two ticks: 1, 2 or 5 times a power of ten.</summary>
    public double Step { get; }

    /// <summary>Digits behind the point that ticks need.</summary>
    public int Decimals { get; }

    /// <summary>Where the ticks are.</summary>
    public IEnumerable<double> Ticks()
    {
        long first = (long)Math.Ceiling((Low / Step) - 1e-9), last = (long)Math.Floor((High / Step) + 1e-9);
        for (long i = first; i <= last; i++)
        {
            yield return i * Step;
        }
    }

    /// <summary>A place from 0 at the lower end to 1 at the upper one.</summary>
    public double Place(double value) => (value - Low) / (High - Low);

    /// <summary>A number with as many digits as the axis can show.</summary>
    public string Text(double value, int moreDecimals)
    {
        string text = value.ToString("F" + (Decimals + moreDecimals), CultureInfo.InvariantCulture);
        return text.StartsWith('-') ? "−" + text[1..] : text;
    }

    private static double Round(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return (step / power) switch
        {
            < 1.5 => power,
            < 3.5 => 2 * power,
            < 7.5 => 5 * power,
            _ => 10 * power,
        };
    }
}
