namespace NJepa.Evaluation.Tests;

public sealed class EvaluationReportTests : TensorTest
{
    private static readonly EvaluationReport Report = new(
    [
        new(EvaluationEntry.RawPixels, [Result("kNN, k = 20", 40)], IsFloor: true),
        new(EvaluationEntry.Untrained, [Result("kNN, k = 20", 50), Result("linear probe", 60)], new CollapseReport(1000, 96, 0.14, 2.8, 7.4, 0.971, 1), IsFloor: true),
        new("after 30 epochs", [Result("kNN, k = 20", 70), Result("linear probe", 55)], new CollapseReport(1000, 96, 0.84, 70, 75, 0.05, 1)),
    ]);

    [Fact]
    public void The_table_shows_every_row_and_the_gain_over_each_floor() =>
        Report.ToMarkdown().ReplaceLineEndings("\n").Should().Be(
            """
            | features | kNN, k = 20 | linear probe | RankMe | centred RankMe | feature std | mean cosine |
            |---|---:|---:|---:|---:|---:|---:|
            | raw pixels | 40.0 % (30.9-49.8) | - | - | - | - | - |
            | untrained encoder | 50.0 % (40.4-59.6) | 60.0 % (50.2-69.1) | 2.8 of 96 | 7.4 of 96 | 0.140 | 0.97 |
            | after 30 epochs | 70.0 % (60.4-78.1) | 55.0 % (45.2-64.4) | 70.0 of 96 | 75.0 of 96 | 0.840 | 0.05 |
            | after 30 epochs over raw pixels, points | +30.0 | - |  |  |  |  |
            | after 30 epochs over untrained encoder, points | +20.0 | -5.0 |  |  |  |  |

            Top-1 accuracy with 95 % interval (Wilson); 100 test images, 2 classes.

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void It_survives_a_round_trip_through_JSON() =>
        EvaluationReport.FromJson(Report.ToJson()).Should().BeEquivalentTo(Report, o => o.ComparingByMembers<EvaluationReport>().ComparingByMembers<EvaluationEntry>());

    [Fact]
    public void Gains_have_an_interval_and_a_conclusion()
    {
        // The first n of 100 images are right, so that better features are right wherever the floor is.
        EvaluationReport report = new EvaluationReport(
        [
            new(EvaluationEntry.RawPixels, [Predicted("kNN", 40), Predicted("linear probe", 55)], IsFloor: true),
            new(EvaluationEntry.Untrained, [Predicted("kNN", 50), Predicted("linear probe", 70)], IsFloor: true),
            new("after", [Predicted("kNN", 70), Predicted("linear probe", 69)]),
        ]).WithGains();

        report.ToMarkdown().ReplaceLineEndings("\n").Should().Be(
            """
            | features | kNN | linear probe |
            |---|---:|---:|
            | raw pixels | 40.0 % (30.9-49.8) | 55.0 % (45.2-64.4) |
            | untrained encoder | 50.0 % (40.4-59.6) | 70.0 % (60.4-78.1) |
            | after | 70.0 % (60.4-78.1) | 69.0 % (59.4-77.2) |
            | after over raw pixels, points | +30.0 (20.4 to 38.5) | +14.0 (6.8 to 20.7) |
            | after over untrained encoder, points | +20.0 (11.7 to 27.5) | -1.0 (-3.7 to 1.7) |

            Top-1 accuracy with 95 % interval (Wilson); 100 test images, 2 classes. Gains with 95 % interval of the paired difference (Agresti and Min). The intervals cover the choice of test images, not that of seeds.

            - kNN: after over the better floor (untrained encoder): +20.0 (11.7 to 27.5) points.
            - linear probe: after is not better beyond chance than untrained encoder: -1.0 (-3.7 to 1.7) points.
            - after: better than both floors beyond chance by kNN, not by linear probe.

            """.ReplaceLineEndings("\n"));
        report.IsBetterThanFloors.Should().BeFalse();
        EvaluationReport.FromJson(report.ToJson()).ToMarkdown().Should().Be(report.ToMarkdown());
        Report.IsBetterThanFloors.Should().BeNull();
        Report.Conclusions.Should().BeEmpty();
    }

    [Theory]
    [InlineData(90, "after: by every method better than both floors beyond chance.", true)]
    [InlineData(20, "after: by no method better than both floors beyond chance.", false)]
    public void The_last_sentence_is_the_whole_answer(int correct, string answer, bool better)
    {
        EvaluationReport report = new EvaluationReport(
        [
            new(EvaluationEntry.RawPixels, [Predicted("kNN", 40)], IsFloor: true),
            new(EvaluationEntry.Untrained, [Predicted("kNN", 50)], IsFloor: true),
            new("after", [Predicted("kNN", correct)]),
        ]).WithGains();

        report.Conclusions[^1].Should().Be(answer);
        report.IsBetterThanFloors.Should().Be(better);
        report.Conclusions[0].Should().Be(better
            ? "kNN: after over the better floor (untrained encoder): +40.0 (29.5 to 48.9) points."
            : "kNN: after is worse than raw pixels: -20.0 (-27.5 to -11.7) points; after is worse than untrained encoder: -30.0 (-38.5 to -20.4) points.");
    }

    [Fact]
    public void One_call_measures_neighbours_a_linear_probe_and_collapse()
    {
        FeatureSet train = Features.Clouds(3, 60, 6, 1, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(3, 60, 6, 1, seed: 1, drawSeed: 3);

        EvaluationEntry entry = EvaluationEntry.Measure("after", train, test, new() { Neighbours = [5, 10] });

        entry.Results.Select(r => r.Method).Should().Equal("kNN, k = 5", "kNN, k = 10", "linear probe");
        entry.Results[2].Should().Be(LinearProbe.Evaluate(train, test).Classification);
        entry.Collapse.Should().Be(CollapseMeasures.Measure(train));
        entry.IsFloor.Should().BeFalse();
    }

    private static ClassificationResult Predicted(string method, int correct) =>
        ClassificationResult.FromPredictions(method, ["cat", "dog"], new int[100], [.. Enumerable.Range(0, 100).Select(i => i < correct ? 0 : 1)]);

    private static ClassificationResult Result(string method, int correct) => new(method, ["cat", "dog"], [[correct, 100 - correct], [0, 0]]);
}
