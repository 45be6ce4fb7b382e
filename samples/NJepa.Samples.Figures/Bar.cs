namespace NJepa.Samples.Figures;

/// <summary>One row of a <see cref="BarsFigure"/>.</summary>
/// <param name="Label">What was measured; long ones take two lines.</param>
/// <param name="Value">The mean, or what else stands for the row. Not a number: the row says that there is none.</param>
/// <param name="Low">The lower end of the error bar; not a number where there is no error bar.</param>
/// <param name="High">The upper end of the error bar.</param>
/// <param name="Points">The single values, one for each seed; may be empty.</param>
internal sealed record Bar(string Label, double Value, double Low, double High, IReadOnlyList<double> Points)
{
    /// <summary>Whether it has an error bar.</summary>
    public bool HasInterval => double.IsFinite(Low) && double.IsFinite(High);

    /// <summary>All finite numbers of the row.</summary>
    public IEnumerable<double> Numbers => ((double[])[Value, Low, High, .. Points]).Where(double.IsFinite);
}
