using System.Text.Json.Serialization;

namespace NJepa.Evaluation;

/// <summary>The same thing measured several times, with other seeds or other draws: mean, deviation, and how well the mean is known.</summary>
public sealed record RepeatedMeasurement
{
    /// <summary>Takes the values into use.</summary>
    /// <param name="values">The measured values; at least one, all finite.</param>
    /// <exception cref="ArgumentException">There is no value, or one is NaN or infinite.</exception>
    [JsonConstructor]
    public RepeatedMeasurement(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0 || !values.All(double.IsFinite))
        {
            throw new ArgumentException(
                values.Count == 0 ? "There is no value; a mean needs at least one." : FormattableString.Invariant($"Value {values.ToList().FindIndex(value => !double.IsFinite(value))} is not finite; leave it out or measure it again."),
                nameof(values));
        }

        Values = values;
    }

    /// <summary>The values, in the order given.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Their mean.</summary>
    public double Mean => Values.Average();

    /// <summary>The sample standard deviation (with n - 1 in the denominator); null of one value.</summary>
    public double? StandardDeviation
    {
        get
        {
            double mean = Mean;
            return Values.Count < 2 ? null : Math.Sqrt(Values.Sum(value => (value - mean) * (value - mean)) / (Values.Count - 1));
        }
    }

    /// <summary>
    /// The 95 % interval of the mean by Student's t distribution, for values that scatter about normally; null of one value. Of accuracies over seeds it says how well the mean over all
    /// possible seeds is known from these few; what they share, such as the test images, it does not cover.
    /// </summary>
    public MeanInterval? MeanInterval => StandardDeviation is { } deviation
        ? NJepa.Evaluation.MeanInterval.Around(Mean, StudentT.Quantile975(Values.Count - 1) * deviation / Math.Sqrt(Values.Count))
        : null;
}
