namespace NJepa.Evaluation;

/// <summary>The range in which an accuracy lies with 95 % confidence.</summary>
/// <param name="Low">The lower end, from 0 to 1.</param>
/// <param name="High">The upper end, from 0 to 1.</param>
public readonly record struct AccuracyInterval(double Low, double High)
{
    private const double Z = 1.959963984540054;

    /// <summary>
    /// Wilson's 95 % score interval of the true accuracy, given a finite number of test images. It stays inside [0, 1] and is usable for small numbers and extreme accuracies.
    /// It covers the choice of test images alone, not the choice of training images or seeds.
    /// </summary>
    /// <param name="correct">How many were right, from 0 to <paramref name="count"/>.</param>
    /// <param name="count">How many there were; at least 1.</param>
    /// <returns>The interval.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static AccuracyInterval Wilson(int correct, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, count);
        double p = (double)correct / count;
        double shrink = 1 + (Z * Z / count);
        double centre = (p + (Z * Z / (2.0 * count))) / shrink;
        double half = Z / shrink * Math.Sqrt((p * (1 - p) / count) + (Z * Z / (4.0 * count * count)));
        // At the ends the formula is exact in theory and off by rounding in practice.
        return new(correct == 0 ? 0 : Math.Max(0, centre - half), correct == count ? 1 : Math.Min(1, centre + half));
    }
}
