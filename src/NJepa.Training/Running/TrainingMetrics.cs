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
}
