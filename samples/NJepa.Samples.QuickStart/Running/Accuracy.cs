using NJepa.Evaluation;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The part of the test images whose class was recognised.</summary>
/// <param name="Value">From 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="TestImages">How many test images there were.</param>
internal sealed record Accuracy(double Value, double Low, double High, int TestImages)
{
    public static Accuracy Of(ClassificationResult result) =>
        new(result.Accuracy, result.ConfidenceInterval.Low, result.ConfidenceInterval.High, result.Confusion.Sum(row => row.Sum()));
}
