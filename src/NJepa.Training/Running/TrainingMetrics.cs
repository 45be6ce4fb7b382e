namespace NJepa.Training;

/// <summary>
/// Names of what every run of a <see cref="JepaTrainer"/> tells through <c>System.Diagnostics.Metrics</c>, for dotnet-counters, OpenTelemetry or a <c>MeterListener</c>. The numbers are those of
/// <see cref="TrainingProgress"/>. Where nobody listens nothing is measured; listening never makes the host wait for the device.
/// </summary>
/// <remarks>There is one meter per process: runs that go on at the same time add to the same counters and overwrite each other's gauges.</remarks>
public static class TrainingMetrics
{
    /// <summary>The meter that the instruments belong to.</summary>
    public const string MeterName = "NJepa.Training";

    /// <summary>Counter, unit <c>{image}</c>, every step: images trained on, repetitions counted.</summary>
    public const string Images = "njepa.training.images";

    /// <summary>Counter, unit <c>{step}</c>, every step: optimizer steps taken.</summary>
    public const string Steps = "njepa.training.steps";

    /// <summary>
    /// Histogram, unit <c>s</c>, every step: wall-clock time from the end of a step to the end of the next, the wait for images and the reports between them included; the first counts from the
    /// start of the run. On a GPU it is the host's time: the host runs ahead of the device and waits for it once per report, so that only the mean over many steps says how fast training is.
    /// </summary>
    public const string StepDuration = "njepa.training.step.duration";

    /// <summary>Gauge, unit <c>{image}/s</c>, every report: <see cref="TrainingProgress.ImagesPerSecond"/>.</summary>
    public const string ImagesPerSecond = "njepa.training.images_per_second";

    /// <summary>
    /// Gauge, unit <c>1</c>, every report: each term of <see cref="TrainingProgress.Losses"/> that is on, by the tag <see cref="LossTerm"/>.
    /// </summary>
    public const string Loss = "njepa.training.loss";

    /// <summary>The tag of <see cref="Loss"/>: <c>total</c>, <c>clean-teacher</c>, <c>noisy-teacher</c>, <c>noisy-clean</c>, <c>variance</c> or <c>covariance</c>.</summary>
    public const string LossTerm = "term";

    /// <summary>Gauge, unit <c>1</c>, every report: the learning rate of the last step.</summary>
    public const string LearningRate = "njepa.training.learning_rate";

    /// <summary>Gauge, unit <c>1</c>, every report: the EMA momentum of the last step.</summary>
    public const string Momentum = "njepa.training.momentum";

    /// <summary>Gauge, unit <c>1</c>, every report: <see cref="TrainingProgress.LoaderWaitShare"/>, 0 to 1.</summary>
    public const string LoaderWaitShare = "njepa.training.loader.wait_share";

    /// <summary>Gauge, unit <c>1</c>, every reading of <see cref="JepaTrainer.Probe"/>: the accuracies, 0 to 1, by the tag <see cref="ProbeClassifier"/>.</summary>
    public const string ProbeAccuracy = "njepa.training.probe.accuracy";

    /// <summary>The tag of <see cref="ProbeAccuracy"/>: <c>nearest-neighbours</c> or <c>linear</c>.</summary>
    public const string ProbeClassifier = "classifier";

    /// <summary>Gauge, unit <c>{dimension}</c>, every reading: <see cref="OnlineProbeReading.RankMe"/>.</summary>
    public const string ProbeRankMe = "njepa.training.probe.rank_me";

    /// <summary>Histogram, unit <c>s</c>, every reading: what it took. <see cref="StepDuration"/> of the step after it holds that time too.</summary>
    public const string ProbeDuration = "njepa.training.probe.duration";
}
