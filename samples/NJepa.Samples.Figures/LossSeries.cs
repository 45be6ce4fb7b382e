namespace NJepa.Samples.Figures;

/// <summary>One loss over the run.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Steps">Step numbers, rising.</param>
/// <param name="Values">The loss at each step.</param>
internal sealed record LossSeries(string Name, IReadOnlyList<double> Steps, IReadOnlyList<double> Values);
