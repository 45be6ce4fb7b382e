using NJepa.Data;

namespace NJepa.Training;

/// <summary>What a run did.</summary>
/// <param name="Steps">Optimizer steps taken.</param>
/// <param name="Images">Images trained on, repetitions counted.</param>
/// <param name="Elapsed">Wall-clock time.</param>
/// <param name="Completed">False when the run was cancelled before its last step.</param>
/// <param name="History">All progress reports, oldest first: the loss curve.</param>
/// <param name="BadImages">Images that could not be read and were replaced by others, each once.</param>
/// <param name="SavedFiles">Paths of the files written to <see cref="PretrainingOptions.OutputDirectory"/>; none where the run was cancelled before its first step.</param>
public sealed record TrainingResult(
    long Steps,
    long Images,
    TimeSpan Elapsed,
    bool Completed,
    IReadOnlyList<TrainingProgress> History,
    IReadOnlyList<BadImage> BadImages,
    IReadOnlyList<string> SavedFiles)
{
    /// <summary>The step from which the run went on: 0 for one that began.</summary>
    public long FirstStep { get; init; }

    /// <summary>The folder of the newest checkpoint that this run wrote; null without one.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Those of <see cref="Steps"/> that changed nothing because a loss or a gradient was not finite; see <see cref="PretrainingOptions.OnNonFinite"/>.</summary>
    public long SkippedSteps { get; init; }

    /// <summary>The readings of <see cref="JepaTrainer.Probe"/> in this run, oldest first. Those of a run that was interrupted and resumed are all in its <see cref="ProbeLog"/>.</summary>
    public IReadOnlyList<OnlineProbeReading> ProbeReadings { get; init; } = [];

    /// <summary>What these readings took of <see cref="Elapsed"/>.</summary>
    public TimeSpan ProbeTime { get; init; }
}
