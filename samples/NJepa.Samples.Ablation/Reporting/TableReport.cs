using NJepa.Evaluation;

namespace NJepa.Samples.Ablation.Reporting;

/// <summary>A table with its figures: what is written as Markdown, JSON and charts.</summary>
/// <param name="Name">The table's name.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Question">What it asks.</param>
/// <param name="Source">Where the comparison comes from.</param>
/// <param name="Setting">Scale and images, line by line.</param>
/// <param name="Columns">The measures, in the order of print; those in per cent first.</param>
/// <param name="Rows">Floors first, then the arms.</param>
internal sealed record TableReport(
    string Name, string Title, string Question, string Source, IReadOnlyList<string> Setting, IReadOnlyList<ReportColumn> Columns, IReadOnlyList<ReportRow> Rows)
{
    /// <summary>How many runs are still to come; 0 when the table is complete.</summary>
    public int MissingRuns { get; init; }

    /// <summary>The arm that the others are compared with.</summary>
    public ReportRow? Reference => Rows.FirstOrDefault(row => !row.IsFloor);
}
