namespace NJepa.Training;

/// <summary>The sums of a <see cref="LossMeter"/>, in float64, and the steps in them.</summary>
internal sealed record LossMeterState(double[] Sums, long Steps);
