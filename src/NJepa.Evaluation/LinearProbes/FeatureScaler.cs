namespace NJepa.Evaluation;

/// <summary>Shift and scale of every feature, learnt from training features.</summary>
internal sealed class FeatureScaler
{
    /// <summary>A standard deviation below this part of the mean is rounding of single-precision features, not variation.</summary>
    private const double RoundingFraction = 1e-6;

    private FeatureScaler(double[] shift, double[] scale) => (Shift, Scale) = (shift, scale);

    /// <summary>What is subtracted [D].</summary>
    public double[] Shift { get; }

    /// <summary>What the rest is multiplied by [D]; 0 for a feature that does not vary.</summary>
    public double[] Scale { get; }

    /// <summary>Leaves features as they are.</summary>
    public static FeatureScaler None(int width)
    {
        var ones = new double[width];
        Array.Fill(ones, 1);
        return new(new double[width], ones);
    }

    public static FeatureScaler Fit(FeatureSet features, FeatureScaling scaling)
    {
        if (scaling == FeatureScaling.None)
        {
            return None(features.Width);
        }

        double[] mean = CentredRows.Mean(features);
        double[] deviation = StandardDeviations(features, mean);
        double[] scale = [.. deviation.Select((std, d) => std <= RoundingFraction * Math.Abs(mean[d]) || std < float.Epsilon ? 0 : 1 / std)];
        return new(mean, scale);
    }

    /// <summary>The standard deviation of each feature [D], with N in the denominator.</summary>
    public static double[] StandardDeviations(FeatureSet features, double[] mean)
    {
        var squared = new double[features.Width];
        for (int i = 0; i < features.Count; i++)
        {
            ReadOnlySpan<float> row = features.Row(i);
            for (int d = 0; d < row.Length; d++)
            {
                double off = row[d] - mean[d];
                squared[d] += off * off;
            }
        }

        return Array.ConvertAll(squared, sum => Math.Sqrt(sum / features.Count));
    }

    /// <summary>Scaled rows [rows,D], in the order given.</summary>
    public float[] Apply(FeatureSet features, ReadOnlyMemory<int> rows)
    {
        int width = features.Width;
        var scaled = new float[checked(rows.Length * width)];
        Parallel.For(0, rows.Length, i =>
        {
            ReadOnlySpan<float> row = features.Row(rows.Span[i]);
            Span<float> target = scaled.AsSpan(i * width, width);
            for (int d = 0; d < width; d++)
            {
                target[d] = (float)((row[d] - Shift[d]) * Scale[d]);
            }
        });
        return scaled;
    }
}
