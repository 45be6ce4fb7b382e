namespace NJepa.Samples.QuickStart.Running;

/// <summary>The losses at one point of the run.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="Losses">Loss terms by name, unweighted; the total is the weighted sum.</param>
internal sealed record LossEntry(long Step, double LearningRate, IReadOnlyDictionary<string, double> Losses);
