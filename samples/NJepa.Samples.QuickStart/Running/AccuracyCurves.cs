using System.Globalization;
using NJepa.Samples.Figures;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The probe during training, and the curves of what it found.</summary>
internal static class AccuracyCurves
{
    // More would make a short run noticeably longer and the curve hardly better.
    private const int Readings = 14;

    /// <summary>The probe of a run; null where there is nothing to classify.</summary>
    public static OnlineProbe? Probe(QuickStartImages images, string? whyNoAccuracy, int epochs) => whyNoAccuracy is null && images.EvaluationTest is { } test
        ? new OnlineProbe(images.EvaluationTraining, test, new OnlineProbeOptions { EveryEpochs = ((epochs - 1) / Readings) + 1 })
        : null;

    /// <summary>Draws what the probe has found so far; nothing where it found nothing.</summary>
    public static void Save(string path, string output)
    {
        if (!File.Exists(Path.Combine(output, ProbeLog.FileName)) || ProbeLog.Read(output) is not [OnlineProbeReading first, ..] readings)
        {
            return;
        }

        double[] epochs = [.. readings.Select(reading => (double)reading.Epoch)];
        Curve[] curves =
        [
            new("linear probe", epochs, [.. readings.Select(reading => 100 * (reading.LinearProbe ?? double.NaN))]),
            new("kNN", epochs, [.. readings.Select(reading => 100 * reading.NearestNeighbours)]),
        ];
        ReferenceLine[] untrained = first.Step > 0 ? [] :
        [
            new("untrained, linear", 100 * (first.LinearProbe ?? double.NaN)),
            new("untrained, kNN", 100 * first.NearestNeighbours),
        ];
        string vertical = string.Create(
            CultureInfo.InvariantCulture, $"accuracy, %, on {first.TestImages:N0} test images; classifiers learn from {first.TrainingImages:N0} images, the encoder from no label");
        CurvesFigure.Save(path, "Accuracy over the run", "epoch", vertical, curves, untrained);
    }
}
