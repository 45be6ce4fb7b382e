using System.Globalization;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Which run: an arm (or the untrained network), a learning rate, a seed.</summary>
/// <param name="Arm">The arm's id.</param>
/// <param name="LearningRate">The peak learning rate; 0 for the untrained network.</param>
/// <param name="Seed">The seed of weights, order, crops, masks and noise.</param>
internal sealed record RunKey(string Arm, double LearningRate, ulong Seed)
{
    public const string Untrained = "untrained";

    /// <summary>The run's folder below the output folder.</summary>
    public string Folder => LearningRate == 0
        ? Path.Combine("runs", Arm, $"seed-{Seed}")
        : Path.Combine("runs", Arm, string.Create(CultureInfo.InvariantCulture, $"lr-{LearningRate}"), $"seed-{Seed}");
}
