namespace NJepa.Samples.QuickStart.Figures;

/// <summary>Turns feature vectors into colours: the first three principal components, each stretched to the range of a byte.</summary>
internal static class PrincipalColours
{
    private const int Components = 3;
    private const int Iterations = 60;

    /// <summary>Colours for all rows at once, so that one colour means the same in every image.</summary>
    /// <param name="features">Row by row, <paramref name="width"/> numbers each; N rows.</param>
    /// <param name="width">Length of a feature vector.</param>
    /// <returns>N x 3 bytes: red, green, blue.</returns>
    public static byte[] Compute(ReadOnlySpan<float> features, int width)
    {
        if (width < 1 || features.Length == 0 || features.Length % width != 0)
        {
            throw new ArgumentException($"{features.Length} numbers are no rows of width {width}.", nameof(features));
        }

        int count = features.Length / width;
        double[] centred = Centre(features, count, width);
        double[] covariance = Covariance(centred, count, width);
        var colours = new byte[count * 3];
        for (int component = 0; component < Math.Min(Components, width); component++)
        {
            double[] axis = LargestEigenvector(covariance, width, component);
            var scores = new double[count];
            for (int row = 0; row < count; row++)
            {
                scores[row] = Dot(centred.AsSpan(row * width, width), axis);
            }

            Stretch(scores, colours, component);
        }

        return colours;
    }

    private static double[] Centre(ReadOnlySpan<float> features, int count, int width)
    {
        var mean = new double[width];
        var centred = new double[features.Length];
        for (int i = 0; i < features.Length; i++)
        {
            mean[i % width] += features[i] / (double)count;
        }

        for (int i = 0; i < features.Length; i++)
        {
            centred[i] = features[i] - mean[i % width];
        }

        return centred;
    }

    private static double[] Covariance(double[] centred, int count, int width)
    {
        var covariance = new double[width * width];
        Parallel.For(0, width, i =>
        {
            for (int row = 0; row < count; row++)
            {
                double scale = centred[(row * width) + i] / count;
                for (int j = 0; j < width; j++)
                {
                    covariance[(i * width) + j] += scale * centred[(row * width) + j];
                }
            }
        });
        return covariance;
    }

    /// <summary>Power iteration; the component found is then subtracted, so that the next call finds the next one.</summary>
    private static double[] LargestEigenvector(double[] matrix, int width, int component)
    {
        var vector = new double[width];
        for (int i = 0; i < width; i++)
        {
            vector[i] = 1 + Math.Sin((i * (component + 1)) + 0.5);
        }

        double eigenvalue = 0;
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            var next = new double[width];
            for (int i = 0; i < width; i++)
            {
                next[i] = Dot(matrix.AsSpan(i * width, width), vector);
            }

            double norm = Math.Sqrt(Dot(next, next));
            if (norm < 1e-30)
            {
                return new double[width];
            }

            eigenvalue = norm;
            for (int i = 0; i < width; i++)
            {
                vector[i] = next[i] / norm;
            }
        }

        // A direction and its opposite are the same component: fix the sign, or colours would flip from run to run.
        int largest = 0;
        for (int i = 1; i < width; i++)
        {
            largest = Math.Abs(vector[i]) > Math.Abs(vector[largest]) ? i : largest;
        }

        double sign = Math.Sign(vector[largest]);
        for (int i = 0; i < width; i++)
        {
            vector[i] *= sign;
        }

        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                matrix[(i * width) + j] -= eigenvalue * vector[i] * vector[j];
            }
        }

        return vector;
    }

    /// <summary>Maps the 2nd to 98th percentile to 20-235; a few outliers would otherwise leave all others grey.</summary>
    private static void Stretch(double[] scores, byte[] colours, int channel)
    {
        double[] sorted = [.. scores.Order()];
        double low = sorted[(int)(0.02 * (sorted.Length - 1))];
        double high = sorted[(int)(0.98 * (sorted.Length - 1))];
        double range = high - low;
        for (int i = 0; i < scores.Length; i++)
        {
            double place = range > 0 ? Math.Clamp((scores[i] - low) / range, 0, 1) : 0.5;
            colours[(i * 3) + channel] = (byte)Math.Round(20 + (215 * place));
        }
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
