using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NJepa.Training;

/// <summary>The instruments of <see cref="TrainingMetrics"/>. They are fed with what is known on the host anyway.</summary>
internal static class TrainingInstruments
{
    private static readonly Meter Meter = new(TrainingMetrics.MeterName, typeof(TrainingInstruments).Assembly.GetName().Version?.ToString(3));
    private static readonly Counter<long> Images = Meter.CreateCounter<long>(TrainingMetrics.Images, "{image}", "Images trained on, repetitions counted.");
    private static readonly Counter<long> Steps = Meter.CreateCounter<long>(TrainingMetrics.Steps, "{step}", "Optimizer steps taken.");
    private static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>(TrainingMetrics.StepDuration, "s", "Time from the end of a step to the end of the next.");
    private static readonly Gauge<double> ImagesPerSecond = Meter.CreateGauge<double>(TrainingMetrics.ImagesPerSecond, "{image}/s", "Images trained on per second since the last report.");
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>(TrainingMetrics.Loss, "1", "A loss term, unweighted, as the mean since the last report.");
    private static readonly Gauge<double> LearningRate = Meter.CreateGauge<double>(TrainingMetrics.LearningRate, "1", "Learning rate of the last step.");
    private static readonly Gauge<double> Momentum = Meter.CreateGauge<double>(TrainingMetrics.Momentum, "1", "EMA momentum of the last step.");
    private static readonly Gauge<double> LoaderWaitShare = Meter.CreateGauge<double>(TrainingMetrics.LoaderWaitShare, "1", "Share of the time since the last report that training waited for images.");
    private static readonly Gauge<double> ProbeAccuracy = Meter.CreateGauge<double>(TrainingMetrics.ProbeAccuracy, "1", "Accuracy of a classifier on the features of labelled test images.");
    private static readonly Gauge<double> ProbeRankMe = Meter.CreateGauge<double>(TrainingMetrics.ProbeRankMe, "{dimension}", "Effective number of dimensions of the features of labelled images.");
    private static readonly Histogram<double> ProbeDuration = Meter.CreateHistogram<double>(TrainingMetrics.ProbeDuration, "s", "Time that a reading of the probe took.");

    /// <summary>After each step.</summary>
    /// <param name="images">Images of the step.</param>
    /// <param name="sinceTimestamp">When the step before it ended, by <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <returns>When this one ended.</returns>
    public static long RecordStep(int images, long sinceTimestamp)
    {
        long now = Stopwatch.GetTimestamp();
        Images.Add(images);
        Steps.Add(1);
        StepDuration.Record(Stopwatch.GetElapsedTime(sinceTimestamp, now).TotalSeconds);
        return now;
    }

    /// <summary>After each report.</summary>
    public static void RecordReport(TrainingProgress report)
    {
        ImagesPerSecond.Record(report.ImagesPerSecond);
        LearningRate.Record(report.Settings.LearningRate);
        Momentum.Record(report.Settings.Momentum);
        LoaderWaitShare.Record(report.LoaderWaitShare);
        LossValues losses = report.Losses;
        RecordTerm("total", losses.Total);
        RecordTerm("clean-teacher", losses.CleanTeacher);
        RecordTerm("noisy-teacher", losses.NoisyTeacher);
        RecordTerm("noisy-clean", losses.NoisyClean);
        RecordTerm("variance", losses.Variance);
        RecordTerm("covariance", losses.Covariance);
    }

    /// <summary>After each reading of a probe.</summary>
    public static void RecordProbe(OnlineProbeReading reading)
    {
        ProbeAccuracy.Record(reading.NearestNeighbours, new KeyValuePair<string, object?>(TrainingMetrics.ProbeClassifier, "nearest-neighbours"));
        if (reading.LinearProbe is { } linear)
        {
            ProbeAccuracy.Record(linear, new KeyValuePair<string, object?>(TrainingMetrics.ProbeClassifier, "linear"));
        }

        ProbeRankMe.Record(reading.RankMe);
        ProbeDuration.Record(reading.Duration.TotalSeconds);
    }

    private static void RecordTerm(string term, double? value)
    {
        if (value is { } number)
        {
            Loss.Record(number, new KeyValuePair<string, object?>(TrainingMetrics.LossTerm, term));
        }
    }
}
