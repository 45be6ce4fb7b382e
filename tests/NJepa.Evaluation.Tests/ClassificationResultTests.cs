using System.Text.Json;

namespace NJepa.Evaluation.Tests;

public sealed class ClassificationResultTests
{
    private static readonly ClassificationResult Result = ClassificationResult.FromPredictions(
        "kNN, k = 5", ["cat", "dog|wolf", "owl"], [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0]);

    [Fact]
    public void The_figures_follow_from_labels_and_predictions()
    {
        Result.Count.Should().Be(6);
        Result.Correct.Should().Be(4);
        Result.Accuracy.Should().BeApproximately(4 / 6.0, 1e-15);
        Result.BalancedAccuracy.Should().BeApproximately((0.75 + 0.5) / 2, 1e-15);
        Result.Confusion[0].Should().Equal(3, 1, 0);
        Result.Confusion[1].Should().Equal(1, 1, 0);
        Result.PerClassAccuracy.Should().Equal(new ClassAccuracy("cat", 3, 4), new ClassAccuracy("dog|wolf", 1, 2), new ClassAccuracy("owl", 0, 0));
        Result.PerClassAccuracy[2].Accuracy.Should().BeNull();
    }

    [Theory]
    [InlineData(15, 50, 0.190999, 0.437492)] // R: prop.test(15, 50, correct = FALSE)
    [InlineData(0, 10, 0, 0.277533)]
    [InlineData(10, 10, 0.722467, 1)]
    public void The_interval_is_Wilsons(int correct, int count, double low, double high)
    {
        AccuracyInterval interval = AccuracyInterval.Wilson(correct, count);

        interval.Low.Should().BeApproximately(low, 2e-4);
        interval.High.Should().BeApproximately(high, 2e-4);

        // Its ends are where a true accuracy would lie 1.96 of its own standard deviations from the one observed.
        double p = (double)correct / count;
        foreach (double end in new[] { interval.Low, interval.High }.Where(e => e is > 0 and < 1))
        {
            Math.Abs(p - end).Should().BeApproximately(1.959963984540054 * Math.Sqrt(end * (1 - end) / count), 1e-12);
        }
    }

    [Fact]
    public void It_survives_a_round_trip_through_JSON()
    {
        ClassificationResult back = ClassificationResult.FromJson(Result.ToJson());

        back.Should().Be(Result);
        back.GetHashCode().Should().Be(Result.GetHashCode());
        using JsonDocument json = JsonDocument.Parse(Result.ToJson());
        json.RootElement.GetProperty("accuracy").GetDouble().Should().Be(Result.Accuracy);
        json.RootElement.GetProperty("confidenceInterval").GetProperty("low").GetDouble().Should().Be(Result.ConfidenceInterval.Low);
        json.RootElement.GetProperty("perClassAccuracy")[2].GetProperty("accuracy").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public void Another_confusion_is_another_result() =>
        ClassificationResult.FromPredictions("kNN, k = 5", Result.ClassNames, [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 2]).Should().NotBe(Result);

    [Fact]
    public void Markdown_has_the_accuracy_the_classes_and_the_confusion_matrix() =>
        Result.ToMarkdown().ReplaceLineEndings("\n").Should().Be(
            """
            **kNN, k = 5**: 66.7 % (30.0-90.3) of 6 images

            | class | images | accuracy |
            |---|---:|---:|
            | cat | 4 | 75.0 % |
            | dog\|wolf | 2 | 50.0 % |
            | owl | 0 | - |

            | true \ taken for | cat | dog\|wolf | owl |
            |---|---:|---:|---:|
            | cat | 3 | 1 | 0 |
            | dog\|wolf | 1 | 1 | 0 |
            | owl | 0 | 0 | 0 |

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void It_prints_in_one_line() => Result.ToString().Should().Be("kNN, k = 5: 66.7 % (30.0-90.3) of 6 images");

    [Fact]
    public void A_matrix_that_fits_no_classes_is_refused()
    {
        Action act = () => _ = new ClassificationResult("kNN", ["cat", "dog"], [[0, -1]]);

        act.Should().Throw<ArgumentException>().WithMessage(
            "The numbers of the confusion matrix are not valid: With 2 classes it needs 2 rows of 2 numbers. No number may be negative. "
            + "At least one image must have been classified. (Parameter 'confusion')");
    }

    [Fact]
    public void Predictions_must_fit_the_labels_and_the_classes()
    {
        Action length = () => ClassificationResult.FromPredictions("kNN", ["cat", "dog"], [0, 1], [0]);
        Action range = () => ClassificationResult.FromPredictions("kNN", ["cat", "dog"], [0, 1], [0, 2]);

        length.Should().Throw<ArgumentException>().WithMessage("There are 2 labels and 1 predictions; there must be one prediction per label. (Parameter 'predictions')");
        range.Should().Throw<ArgumentException>().WithMessage("Image 1 has label 1 and prediction 2; with 2 classes both must be from 0 to 1. (Parameter 'labels')");
    }
}
