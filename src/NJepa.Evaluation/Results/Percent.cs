using System.Globalization;

namespace NJepa.Evaluation;

/// <summary>How figures are printed for people, the same in every culture.</summary>
internal static class Percent
{
    public static string Of(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * fraction:0.0} %");

    public static string WithInterval(ClassificationResult result) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * result.Accuracy:0.0} % ({100 * result.ConfidenceInterval.Low:0.0}-{100 * result.ConfidenceInterval.High:0.0})");

    /// <summary>A difference of two fractions in points, with its sign.</summary>
    public static string Points(double difference) => string.Create(CultureInfo.InvariantCulture, $"{100 * difference:+0.0;-0.0;+0.0}");

    /// <summary>Text that cannot break out of a table cell.</summary>
    public static string Cell(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ').Replace('\r', ' ');
}
