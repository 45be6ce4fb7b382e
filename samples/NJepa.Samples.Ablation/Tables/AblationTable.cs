namespace NJepa.Samples.Ablation.Tables;

/// <summary>A named table: rows that differ in one thing.</summary>
/// <param name="Name">What <c>--table</c> calls it.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Question">What it asks, in a sentence.</param>
/// <param name="Source">Where the comparison comes from: the paper, or this project.</param>
/// <param name="Arms">The rows. Differences are taken against the first.</param>
internal sealed record AblationTable(string Name, string Title, string Question, string Source, IReadOnlyList<Arm> Arms)
{
    /// <summary>Whether the rows are measured with few labels instead of all.</summary>
    public bool IsLowShot { get; init; }
}
