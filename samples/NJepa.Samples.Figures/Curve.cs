namespace NJepa.Samples.Figures;

/// <summary>One line of a <see cref="CurvesFigure"/>.</summary>
/// <param name="Name">What it is, in a few words.</param>
/// <param name="X">Where its values were taken, rising.</param>
/// <param name="Y">The values; the line has a gap where one is not a number.</param>
internal sealed record Curve(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);
