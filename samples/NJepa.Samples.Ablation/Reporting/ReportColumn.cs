namespace NJepa.Samples.Ablation.Reporting;

/// <summary>A measure.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="IsAccuracy">Whether it is an accuracy from 0 to 1, printed in per cent and compared between rows.</param>
/// <param name="IsCharted">Whether it has a chart.</param>
internal sealed record ReportColumn(string Name, bool IsAccuracy, bool IsCharted);
