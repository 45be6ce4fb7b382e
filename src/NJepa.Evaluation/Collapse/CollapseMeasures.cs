using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Measures of collapse, computed in double precision from features alone: labels are not needed.</summary>
public static class CollapseMeasures
{
    /// <summary>All measures of a set.</summary>
    /// <param name="features">The features [N,D] of at least two images; a few thousand images are enough.</param>
    /// <returns>The measures.</returns>
    /// <exception cref="EvaluationException">There are fewer than two images.</exception>
    public static CollapseReport Measure(FeatureSet features)
    {
        ArgumentNullException.ThrowIfNull(features);
        double squares = 0;
        foreach (float value in features.Values)
        {
            squares += (double)value * value;
        }

        return new(
            features.Count,
            features.Width,
            FeatureStandardDeviation(features),
            RankMe(features),
            RankMe(features, centre: true),
            MeanPairwiseCosine(features),
            Math.Sqrt(squares / features.Values.Length));
    }

    /// <summary>The mean over the D features of their standard deviation over the N images (with N - 1 in the denominator).</summary>
    /// <param name="features">The features [N,D] of at least two images.</param>
    /// <returns>The mean standard deviation, in the unit of the features; 0 when all images have the same features.</returns>
    /// <exception cref="EvaluationException">There are fewer than two images.</exception>
    public static double FeatureStandardDeviation(FeatureSet features)
    {
        ArgumentNullException.ThrowIfNull(features);
        RequireTwo(features);
        return FeatureScaler.StandardDeviations(features, CentredRows.Mean(features)).Average() * Math.Sqrt(features.Count / (features.Count - 1.0));
    }

    /// <summary>
    /// RankMe (Garrido and others, arXiv 2210.02885, equation 1): e to the entropy of the singular values of the features, divided by their sum.
    /// Zero singular values contribute nothing, so the paper's constant of 1e-7 is not needed.
    /// </summary>
    /// <param name="features">The features [N,D] of at least two images. N should exceed D, since min(N, D) bounds the result.</param>
    /// <param name="centre">Whether the mean over the images is taken off first; false is as published.</param>
    /// <returns>The effective number of dimensions, from 1 to min(N, D); 0 when all features are 0.</returns>
    /// <exception cref="EvaluationException">There are fewer than two images.</exception>
    public static double RankMe(FeatureSet features, bool centre = false)
    {
        ArgumentNullException.ThrowIfNull(features);
        RequireTwo(features);
        double[] singular = SingularValues(features, centre);
        double sum = singular.Sum();
        double scale = Math.Sqrt(features.Values.Max(value => (double)value * value) * features.Values.Length);
        // Identical rows less their mean leave rounding, which has many directions.
        return sum <= 1e-12 * scale ? 0 : Math.Exp(-singular.Where(s => s > 0).Sum(s => s / sum * Math.Log(s / sum)));
    }

    /// <summary>The mean cosine over all pairs of two different images. An image whose features are all 0 has the cosine 0 with every other.</summary>
    /// <param name="features">The features [N,D] of at least two images.</param>
    /// <returns>The mean, from -1 to 1.</returns>
    /// <exception cref="EvaluationException">There are fewer than two images.</exception>
    public static double MeanPairwiseCosine(FeatureSet features)
    {
        ArgumentNullException.ThrowIfNull(features);
        RequireTwo(features);

        // The sum over all pairs is the squared length of the sum of the unit vectors, less the N pairs of an image with itself.
        var total = new double[features.Width];
        double self = 0;
        for (int i = 0; i < features.Count; i++)
        {
            ReadOnlySpan<float> row = features.Row(i);
            double squared = 0;
            foreach (float value in row)
            {
                squared += (double)value * value;
            }

            if (squared == 0)
            {
                continue;
            }

            double scale = 1 / Math.Sqrt(squared);
            for (int d = 0; d < row.Length; d++)
            {
                total[d] += row[d] * scale;
            }

            self++;
        }

        return (total.Sum(t => t * t) - self) / ((double)features.Count * (features.Count - 1));
    }

    private static double[] SingularValues(FeatureSet features, bool centre)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        Tensor valuesND = tensor(features.Values, [features.Count, features.Width]).to(ScalarType.Float64);
        if (centre)
        {
            valuesND.sub_(tensor(CentredRows.Mean(features)));
        }

        return MemoryMarshal.Cast<byte, double>(linalg.svdvals(valuesND).contiguous().bytes).ToArray();
    }

    private static void RequireTwo(FeatureSet features)
    {
        if (features.Count < 2)
        {
            throw new EvaluationException("There is 1 image; collapse is a matter of differences between images: give at least 2, better some hundreds.");
        }
    }
}
