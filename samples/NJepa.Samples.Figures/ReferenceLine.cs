namespace NJepa.Samples.Figures;

/// <summary>A value that others are compared with, drawn as a line across the figure: a floor, such as an untrained encoder.</summary>
/// <param name="Label">What it is, in a few words.</param>
/// <param name="Value">Where it lies.</param>
internal sealed record ReferenceLine(string Label, double Value);
