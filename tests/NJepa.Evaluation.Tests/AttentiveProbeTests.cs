using TorchSharp;

namespace NJepa.Evaluation.Tests;

public sealed class AttentiveProbeTests : TensorTest
{
    private static readonly AttentiveProbeOptions Quick = new() { LearningRates = [0.003, 0.01], Epochs = 15, BatchSize = 64 };

    [Fact]
    public void The_defaults_are_those_documented()
    {
        AttentiveProbeOptions options = AttentiveProbeOptions.Default;
        options.LearningRates.Should().Equal(1e-4, 3e-4, 1e-3, 3e-3);
        options.Epochs.Should().Be(20);
        options.BatchSize.Should().Be(256);
        options.Heads.Should().BeNull();
        options.WeightDecay.Should().Be(0.01);
        options.Beta1.Should().Be(0.9);
        options.Beta2.Should().Be(0.999);
        options.Standardize.Should().BeTrue();
        options.ValidationFraction.Should().Be(0.1);
        options.RefitOnAllImages.Should().BeTrue();
        options.Device.Should().Be("cpu");
        options.Seed.Should().Be(0);
    }

    [Theory]
    [InlineData(768, 12)]
    [InlineData(384, 6)]
    [InlineData(192, 3)]
    [InlineData(96, 1)]
    [InlineData(1408, 22)]
    [InlineData(7, 1)]
    public void The_number_of_heads_follows_the_channels(int width, int heads) => AttentiveProbeOptions.Default.HeadsFor(width).Should().Be(heads);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_finds_what_stands_in_one_patch_and_the_mean_does_not_show(bool refit)
    {
        PatchFeatureSet train = MarkedPatches.Draw(150, 4, 12, seed: 1), test = MarkedPatches.Draw(75, 4, 12, seed: 2);

        AttentiveProbeResult attentive = AttentiveProbe.Evaluate(train, test, Quick with { RefitOnAllImages = refit });
        LinearProbeResult linear = LinearProbe.Evaluate(train.MeanOverPatches(), test.MeanOverPatches());

        attentive.Classification.Accuracy.Should().BeGreaterThan(0.97);
        attentive.Classification.Method.Should().Be("attentive probe, 1 head");
        attentive.TrainingAccuracy.Should().BeGreaterThan(0.97);
        attentive.Candidates.Select(candidate => candidate.Setting).Should().Equal(0.003, 0.01);
        attentive.Chosen.ValidationAccuracy.Should().Be(attentive.Candidates.Max(candidate => candidate.ValidationAccuracy));
        linear.Classification.Accuracy.Should().BeLessThan(0.6);
    }

    [Theory]
    [InlineData(4, true, "attentive probe, 4 heads")]
    [InlineData(1, false, "attentive probe, 1 head")]
    public void Several_heads_or_features_that_are_not_standardised_do_as_well(int heads, bool standardize, string method)
    {
        PatchFeatureSet train = MarkedPatches.Draw(150, 3, 6, seed: 1), test = MarkedPatches.Draw(60, 3, 6, seed: 2);

        AttentiveProbeResult result = AttentiveProbe.Evaluate(train, test, Quick with { Heads = heads, Standardize = standardize, LearningRates = [0.01], Epochs = 30 });

        result.Classification.Method.Should().Be(method);
        result.Classification.Accuracy.Should().BeGreaterThan(0.95);
    }

    [Fact]
    public void Shuffled_labels_cannot_be_learned()
    {
        PatchFeatureSet train = MarkedPatches.Draw(60, 4, 6, seed: 1), test = MarkedPatches.Draw(100, 4, 6, seed: 2);
        int[] shuffled = [.. train.Labels];
        new Random(5).Shuffle(shuffled);

        double accuracy = AttentiveProbe.Evaluate(MarkedPatches.Relabelled(train, shuffled), test, Quick).Classification.Accuracy;

        accuracy.Should().BeInRange(0.12, 0.38, "chance is 0.25");
    }

    [Fact]
    public void Test_labels_influence_nothing_but_the_count()
    {
        PatchFeatureSet train = MarkedPatches.Draw(40, 3, 6, seed: 1), test = MarkedPatches.Draw(20, 3, 6, seed: 2);
        int[] rotated = Array.ConvertAll(test.Labels, label => (label + 1) % 3);

        AttentiveProbeResult honest = AttentiveProbe.Evaluate(train, test, Quick), wrong = AttentiveProbe.Evaluate(train, MarkedPatches.Relabelled(test, rotated), Quick);

        wrong.Chosen.Should().Be(honest.Chosen);
        wrong.TrainingAccuracy.Should().Be(honest.TrainingAccuracy);
        for (int label = 0; label < 3; label++)
        {
            wrong.Classification.Confusion[(label + 1) % 3].Should().Equal(honest.Classification.Confusion[label], "the predictions are the same");
        }
    }

    [Fact]
    public void Classes_of_the_test_set_are_matched_by_name()
    {
        PatchFeatureSet train = MarkedPatches.Draw(40, 3, 6, seed: 1), test = MarkedPatches.Draw(20, 3, 6, seed: 2);
        PatchFeatureSet reordered = MarkedPatches.Relabelled(test, Array.ConvertAll(test.Labels, label => 2 - label), ["class2", "class1", "class0"]);

        AttentiveProbe.Evaluate(train, reordered, Quick).Classification.Should().Be(AttentiveProbe.Evaluate(train, test, Quick).Classification);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_other_ones()
    {
        PatchFeatureSet train = MarkedPatches.Draw(30, 3, 6, seed: 1);
        float[] first = Scores(seed: 1), again = Scores(seed: 1), other = Scores(seed: 2);

        again.Should().Equal(first);
        other.Should().NotEqual(first);

        float[] Scores(ulong seed)
        {
            AttentiveClassifier classifier = AttentiveProbe.Fit(train, Quick with { Epochs = 3, Seed = seed }).Classifier;
            return [.. classifier.Parameters.SelectMany(values => values)];
        }
    }

    [Fact]
    public void Each_learning_rate_is_trained_as_if_it_were_alone()
    {
        PatchFeatureSet train = MarkedPatches.Draw(30, 3, 6, seed: 1);
        AttentiveProbeOptions options = Quick with { Epochs = 4, RefitOnAllImages = false };

        // The second diverges: its numbers must not reach the first's.
        AttentiveProbeFit together = AttentiveProbe.Fit(train, options with { LearningRates = [0.01, 1e30] }), alone = AttentiveProbe.Fit(train, options with { LearningRates = [0.01] });

        together.Candidates[1].Converged.Should().BeFalse();
        together.Candidates[0].Should().Be(alone.Candidates[0]);
        float[] a = [.. together.Classifier.Parameters.SelectMany(values => values)], b = [.. alone.Classifier.Parameters.SelectMany(values => values)];
        a.Zip(b).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-4);
    }

    [Fact]
    public void A_probe_that_diverges_with_every_learning_rate_says_so()
    {
        Action fit = () => AttentiveProbe.Fit(MarkedPatches.Draw(10, 2, 4, seed: 1), Quick with { LearningRates = [1e30] });
        fit.Should().Throw<EvaluationException>().WithMessage("The attentive probe diverged with every learning rate (1E+30); add smaller ones, or set Standardize.");
    }

    [Fact]
    public void The_result_prints_itself_and_reads_back()
    {
        PatchFeatureSet train = MarkedPatches.Draw(20, 2, 4, seed: 1);
        AttentiveProbeResult result = AttentiveProbe.Evaluate(train, train, Quick);

        AttentiveProbeResult back = AttentiveProbeResult.FromJson(result.ToJson());

        // What each image was taken for is not part of the JSON.
        back.Should().BeEquivalentTo(result, options => options.Excluding(all => all.Classification.Labels).Excluding(all => all.Classification.Predictions));
        result.ToString().Should().StartWith("attentive probe, 1 head: ").And.Contain("; learning rate 0.0");
        result.ToMarkdown().Should().Contain("| learning rate | validation accuracy |").And.Contain("| 0.003 |").And.Contain("| class1 |");
    }

    [Fact]
    public void Cancelling_ends_it_and_progress_is_told()
    {
        PatchFeatureSet train = MarkedPatches.Draw(10, 2, 4, seed: 1);
        using var stop = new CancellationTokenSource();
        var seen = new List<double>();
        var progress = new Told(part =>
        {
            seen.Add(part);
            if (seen.Count == 3)
            {
                stop.Cancel();
            }
        });

        Action fit = () => AttentiveProbe.Fit(train, Quick, progress, stop.Token);

        fit.Should().Throw<OperationCanceledException>();
        seen.Should().Equal(1 / 30.0, 2 / 30.0, 3 / 30.0);
    }

    [Fact]
    public void Sets_that_cannot_be_evaluated_are_refused_with_the_reason()
    {
        PatchFeatureSet good = MarkedPatches.Draw(5, 2, 4, seed: 1);
        Refused(MarkedPatches.Relabelled(good, [.. Enumerable.Repeat(-1, 10)]), good, "10 of the 10 images of the training set have no class*");
        Refused(MarkedPatches.Relabelled(good, new int[10]), good, "The training set has images of one class only ('class0')*");
        Refused(MarkedPatches.Relabelled(good, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), good, "Every class of the training set needs at least 2 images; too few in 'class1' (1)*");
        Refused(good, MarkedPatches.Relabelled(good, [.. Enumerable.Repeat(-1, 10)]), "10 of the 10 images of the test set have no class*");
        Refused(good, MarkedPatches.Relabelled(good, good.Labels, ["class0", "Class1"]), "*do not have the same classes. Only in the training set: 'class1'. Only in the test set: 'Class1'.*");
        Refused(good, MarkedPatches.Draw(5, 2, 5, seed: 1), "The training set has 4 patches x 16 channels per image and the test set 5 x 16; both must come from the same encoder with the same settings.");
        Refused(good, new PatchFeatureSet(new float[8], 4, 1, [0, 1], good.ClassNames), "*4 patches x 16 channels per image and the test set 4 x 1;*");

        Action predict = () => AttentiveProbe.Fit(good, Quick with { Epochs = 1 }).Classifier.Predict(new PatchFeatureSet(new float[8], 4, 1, [0, 1], good.ClassNames));
        predict.Should().Throw<EvaluationException>().WithMessage("The patches have 1 channels; this classifier was trained on 16.*");

        static void Refused(PatchFeatureSet train, PatchFeatureSet test, string message)
        {
            Action evaluate = () => AttentiveProbe.Evaluate(train, test, Quick);
            evaluate.Should().Throw<EvaluationException>().WithMessage(message);
        }
    }

    [Fact]
    public void Options_that_cannot_be_used_are_all_listed()
    {
        var options = new AttentiveProbeOptions
        {
            LearningRates = [], Epochs = 0, BatchSize = 0, Heads = 0, WeightDecay = double.NaN, Beta1 = 1, Beta2 = -1, ValidationFraction = 0.6, Device = " ",
        };

        Action validate = options.Validate;

        validate.Should().Throw<ArgumentException>().WithMessage(
            "The attentive-probe options are not valid: LearningRates is empty; give at least one value to try. Epochs is 0; it must be at least 1. BatchSize is 0; it must be at least 1. "
            + "Heads is 0; it must be at least 1, or null to choose by the channels. WeightDecay is NaN; it must be from 0 to 10. Beta1 is 1; it must be at least 0 and below 1. "
            + "Beta2 is -1; it must be at least 0 and below 1. ValidationFraction is 0.6; it must be above 0 and at most 0.5. Device is empty; use cpu, cuda or auto.*");
        Action heads = () => AttentiveProbe.Fit(MarkedPatches.Draw(5, 2, 4, seed: 1), Quick with { Heads = 3 });
        heads.Should().Throw<ArgumentException>().WithMessage("AttentiveProbeOptions.Heads is 3, which does not divide the 16 channels of a patch; use a divisor, or leave it null.*");
    }

    private sealed class Told(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }
}
