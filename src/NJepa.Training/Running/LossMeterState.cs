namespace NJepa.Training;

/// <summary>What a <see cref="LossMeter"/> has added up, as plain numbers for a checkpoint.</summary>
/// <param name="Sums">The sum of each term over the steps: total, clean-teacher, noisy-teacher, noisy-clean, variance, covariance.</param>
/// <param name="Count">The steps, without those that were blocked.</param>
internal sealed record LossMeterState(double[] Sums, long Count);
