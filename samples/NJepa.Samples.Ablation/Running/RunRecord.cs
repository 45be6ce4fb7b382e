namespace NJepa.Samples.Ablation.Running;

/// <summary>How a run is made; <c>run.json</c> in its folder, written before the first step and once more after the last.</summary>
/// <param name="Settings">Networks, recipe and training, by name (<see cref="RunSettings"/>).</param>
/// <param name="Environments">What it was trained and judged with; several where it was stopped and went on elsewhere.</param>
internal sealed record RunRecord(IReadOnlyDictionary<string, string> Settings, IReadOnlyList<RunEnvironment> Environments)
{
    /// <summary>How the training ended; null while it has not.</summary>
    public TrainingRecord? Training { get; init; }
}

/// <summary>How a training ended.</summary>
/// <param name="Steps">Steps that were done.</param>
/// <param name="FinalLoss">The total loss of the last report; null where there was none.</param>
/// <param name="Seconds">Wall-clock time of its last session; null where that is not known.</param>
/// <param name="Diverged">Whether it ended early because its numbers were no longer finite.</param>
internal sealed record TrainingRecord(long Steps, double? FinalLoss, double? Seconds, bool Diverged);
