namespace NJepa.Evaluation;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>The value that 97.5 % of the distribution lie below: the factor of a two-sided 95 % interval.</summary>
    public static double Quantile975(int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        (double low, double high) = (1.9, 12.8);
        for (int i = 0; i < 100; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Inside(middle, degrees) < 0.95 ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    /// <summary>The probability of [-t, t]: Abramowitz and Stegun, 26.7.3 for odd and 26.7.4 for even degrees of freedom.</summary>
    private static double Inside(double t, int degrees)
    {
        (double sine, double cosine) = Math.SinCos(Math.Atan(t / Math.Sqrt(degrees)));
        bool odd = degrees % 2 == 1;
        double term = odd ? cosine : 1;
        double sum = degrees == 1 ? 0 : term;
        for (int k = odd ? 3 : 2; k < degrees; k += 2)
        {
            term *= (k - 1.0) / k * cosine * cosine;
            sum += term;
        }

        return odd ? 2 / Math.PI * (Math.Atan(t / Math.Sqrt(degrees)) + (sine * sum)) : sine * sum;
    }
}
