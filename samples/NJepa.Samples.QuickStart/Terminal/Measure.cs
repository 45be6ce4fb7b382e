namespace NJepa.Samples.QuickStart.Terminal;

/// <summary>One figure before and after training.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Before">Of the untrained encoder.</param>
/// <param name="After">Of the trained encoder.</param>
/// <param name="Format">A numeric format string.</param>
/// <param name="Meaning">How to read it, in a few words.</param>
internal sealed record Measure(string Name, double Before, double After, string Format, string Meaning);
