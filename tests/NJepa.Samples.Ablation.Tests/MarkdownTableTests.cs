using NJepa.Evaluation;
using NJepa.Samples.Ablation.Reporting;

namespace NJepa.Samples.Ablation.Tests;

public sealed class MarkdownTableTests
{
    private static readonly ReportColumn[] Columns = [new("kNN", true, true), new("RankMe", false, false)];

    [Fact]
    public void Figures_differences_and_gains_are_those_of_the_seeds()
    {
        string text = MarkdownTable.Of(Report(
            Row("untrained", true, [0, 1, 2], [0.20, 0.22, 0.21], [2, 3, 4]),
            Row("first", false, [0, 1, 2], [0.40, 0.42, 0.44], [50, 51, 52]),
            Row("second", false, [0, 1, 2], [0.45, 0.46, 0.50], [60, 61, 62])));

        // 4.302653 is Student's t for 97.5 % with two degrees of freedom; the deviations are 2 points, and for the differences 5, 4 and 6 points 1 point.
        text.Should().Contain("| first | 42.0 (37.0 to 47.0) | 51.0 | 0.002 | 0, 1, 2 |")
            .And.Contain("| second | +5.0 (+2.5 to +7.5) |")
            .And.Contain("Intervals that exclude zero: second in kNN (better).")
            .And.Contain("| first | +20.0 to +23.0 |")
            .And.Contain("| second | +24.0 to +29.0 |");
    }

    [Fact]
    public void What_cannot_be_told_apart_is_said_so()
    {
        string text = MarkdownTable.Of(Report(Row("first", false, [0, 1], [0.40, 0.42], [5, 5]), Row("second", false, [0, 1], [0.41, 0.41], [5, 5])));

        text.Should().Contain("| second | 0.0 (-12.7 to +12.7) |").And.Contain("these runs do not tell the arms apart");
    }

    [Fact]
    public void One_seed_says_nothing_about_differences()
    {
        string text = MarkdownTable.Of(Report(Row("first", false, [0], [0.4], [5]), Row("second", false, [0], [0.9], [5])));

        text.Should().Contain("| second | +50.0 |").And.Contain("With one seed nothing can be said about differences between arms.");
    }

    [Fact]
    public void Differences_are_taken_between_the_same_seeds()
    {
        ReportRow first = Row("first", false, [2, 0], [0.1, 0.3], [1, 1]), second = Row("second", false, [0, 1], [0.35, 0.9], [1, 1]);

        second.Over(first, "kNN")!.Values.Should().HaveCount(1);
        second.Over(first, "kNN")!.Mean.Should().BeApproximately(0.05, 1e-12);
    }

    [Fact]
    public void An_unfinished_table_says_what_is_missing() =>
        MarkdownTable.Of(Report(Row("first", false, [0], [0.4], [5])) with { MissingRuns = 4 }).Should().Contain("Not finished: 4 runs are still to come");

    private static TableReport Report(params ReportRow[] rows) => new("name", "Title", "Question?", "source", ["setting"], Columns, rows);

    private static ReportRow Row(string name, bool isFloor, ulong[] seeds, double[] accuracies, double[] ranks) => new(
        name, isFloor, seeds, isFloor ? null : 0.002, new Dictionary<string, RepeatedMeasurement> { ["kNN"] = new(accuracies), ["RankMe"] = new(ranks) });
}
