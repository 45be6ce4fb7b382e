namespace NJepa.Evaluation.Tests;

public sealed class LinearProbeTests : TensorTest
{
    public static TheoryData<LinearProbeOptions> Protocols => new()
    {
        new LogisticProbeOptions(),
        new GradientProbeOptions(),
        new GradientProbeOptions { Scaling = FeatureScaling.BatchNormalize },
        new GradientProbeOptions { RefitOnAllImages = false, WeightDecays = [1e-4] },
        LinearProbeOptions.IJepa with { LearningRates = [0.1, 1], BatchSize = 1024 },
    };

    [Fact]
    public void The_defaults_are_those_documented()
    {
        LinearProbeOptions.Default.Strengths.Should().Equal(1, 0.1, 0.01, 0.001, 1e-4, 1e-5);
        LinearProbeOptions.Default.MaximumIterations.Should().Be(200);
        LinearProbeOptions.Default.GradientTolerance.Should().Be(1e-4);
        LinearProbeOptions.Default.Scaling.Should().Be(FeatureScaling.Standardize);
        LinearProbeOptions.Default.ValidationFraction.Should().Be(0.1);
        LinearProbeOptions.Default.RefitOnAllImages.Should().BeTrue();
        LinearProbeOptions.Default.Seed.Should().Be(0);
        LinearProbeOptions.Paper.LearningRates.Should().Equal(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1);
        LinearProbeOptions.Paper.Epochs.Should().Be(50);
        LinearProbeOptions.Paper.BatchSize.Should().Be(1024);
        LinearProbeOptions.Paper.Momentum.Should().Be(0.9);
        LinearProbeOptions.Paper.WeightDecays.Should().Equal(0);
        LinearProbeOptions.Paper.OtherScalings.Should().BeEmpty();
        LinearProbeOptions.Paper.Schedule.Should().Be(ProbeSchedule.Cosine);
        LinearProbeOptions.IJepa.LearningRates.Should().Equal(0.01, 0.05, 0.001);
        LinearProbeOptions.IJepa.WeightDecays.Should().Equal(0.0005, 0);
        LinearProbeOptions.IJepa.Scaling.Should().Be(FeatureScaling.BatchNormalize);
        LinearProbeOptions.IJepa.OtherScalings.Should().Equal(FeatureScaling.None);
        LinearProbeOptions.IJepa.Epochs.Should().Be(50);
        LinearProbeOptions.IJepa.BatchSize.Should().Be(16384);
        LinearProbeOptions.IJepa.Schedule.Should().Be(ProbeSchedule.Step);
        LinearProbeOptions.IJepa.StepEpochs.Should().Be(15);
        LinearProbeOptions.IJepa.StepFactor.Should().Be(0.1);
        LinearProbeOptions.IJepa.Momentum.Should().Be(0.9);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void The_accuracy_is_that_of_the_best_possible_classifier_where_that_is_linear(LinearProbeOptions options)
    {
        FeatureSet train = Features.Clouds(3, 700, 4, 1.2, seed: 4, drawSeed: 5);
        FeatureSet test = Features.Clouds(3, 700, 4, 1.2, seed: 4, drawSeed: 6);

        LinearProbeResult result = LinearProbe.Evaluate(train, test, options);

        // Clouds of equal, round spread: whoever takes the nearest centre is right as often as anyone can be.
        double bestPossible = Features.NearestCentre(test, Features.Clouds(3, 1, 4, 0, seed: 4));
        bestPossible.Should().BeInRange(0.6, 0.95);
        result.Classification.Accuracy.Should().BeApproximately(bestPossible, 0.01);
        result.TrainingAccuracy.Should().BeApproximately(bestPossible, 0.03);
    }

    [Fact]
    public void Both_protocols_agree()
    {
        FeatureSet train = Features.Correlated(Features.Clouds(5, 400, 16, 3, seed: 7, drawSeed: 8));
        FeatureSet test = Features.Correlated(Features.Clouds(5, 800, 16, 3, seed: 7, drawSeed: 9));

        double logistic = LinearProbe.Evaluate(train, test, LinearProbeOptions.Default).Classification.Accuracy;
        double gradient = LinearProbe.Evaluate(train, test, LinearProbeOptions.Paper).Classification.Accuracy;

        logistic.Should().BeInRange(0.5, 0.95);
        gradient.Should().BeApproximately(logistic, 0.005);
    }

    [Fact]
    public void Learning_rates_fall_along_a_cosine_or_in_steps()
    {
        var cosine = new GradientProbeOptions { Epochs = 10 };
        GradientProbeOptions step = LinearProbeOptions.IJepa;

        cosine.Decay(0, 0).Should().Be(1);
        cosine.Decay(2, 0.5).Should().BeApproximately((1 + Math.Sqrt(0.5)) / 2, 1e-12);
        cosine.Decay(5, 0).Should().BeApproximately(0.5, 1e-12);
        cosine.Decay(9, 0.99).Should().BeInRange(0, 1e-4);
        step.Decay(14, 0.9).Should().Be(1);
        step.Decay(15, 0).Should().BeApproximately(0.1, 1e-12);
        step.Decay(29, 0.9).Should().BeApproximately(0.1, 1e-12);
        step.Decay(49, 0).Should().BeApproximately(0.001, 1e-12);
    }

    [Fact]
    public void Every_scaling_weight_decay_and_learning_rate_is_tried_and_each_alone_gives_the_same()
    {
        FeatureSet train = WithNoise(Features.Clouds(3, 60, 4, 1.5, seed: 2, drawSeed: 3), 30);
        var options = new GradientProbeOptions
        {
            LearningRates = [0.1, 0.001], WeightDecays = [0, 0.5], Scaling = FeatureScaling.BatchNormalize, OtherScalings = [FeatureScaling.None], BatchSize = 50, Epochs = 10, ValidationFraction = 0.4, RefitOnAllImages = false,
        };

        LinearProbeFit fit = LinearProbe.Fit(train, options);

        fit.Candidates.Select(c => (c.Scaling, c.WeightDecay, c.Setting)).Should().Equal(
            (FeatureScaling.BatchNormalize, 0, 0.1), (FeatureScaling.BatchNormalize, 0, 0.001), (FeatureScaling.BatchNormalize, 0.5, 0.1), (FeatureScaling.BatchNormalize, 0.5, 0.001),
            (FeatureScaling.None, 0, 0.1), (FeatureScaling.None, 0, 0.001), (FeatureScaling.None, 0.5, 0.1), (FeatureScaling.None, 0.5, 0.001));
        fit.Chosen.Should().BeSameAs(fit.Candidates.MaxBy(c => c.ValidationAccuracy), "the best wins, on a tie the first");
        fit.Candidates.Select(c => c.ValidationAccuracy).Distinct().Count().Should().BeGreaterThan(2, "or there was nothing to choose");
        foreach (ProbeCandidate candidate in fit.Candidates)
        {
            LinearProbeFit alone = LinearProbe.Fit(train, options with { LearningRates = [candidate.Setting], WeightDecays = [candidate.WeightDecay], Scaling = candidate.Scaling, OtherScalings = [] });
            alone.Candidates.Should().ContainSingle().Which.ValidationAccuracy.Should().BeApproximately(candidate.ValidationAccuracy, 0.02, "products of another width may round differently");
            if (candidate == fit.Chosen)
            {
                alone.Classifier.Weights.Zip(fit.Classifier.Weights).Should().OnlyContain(p => Math.Abs(p.First - p.Second) < 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Labels_that_mean_nothing_give_chance(LinearProbeOptions options)
    {
        FeatureSet train = Features.Noise(1000, 10, 4, seed: 1);
        FeatureSet test = Features.Noise(2000, 10, 4, seed: 2);

        ClassificationResult result = LinearProbe.Evaluate(train, test, options).Classification;

        result.Accuracy.Should().BeApproximately(0.25, Features.ChanceMargin(4, 2000));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Test_labels_influence_nothing_but_the_score(LinearProbeOptions options)
    {
        FeatureSet train = Features.Clouds(3, 100, 6, 2, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(3, 100, 6, 2, seed: 1, drawSeed: 3);
        LinearProbeResult right = LinearProbe.Evaluate(train, test, options);
        LinearProbeResult wrong = LinearProbe.Evaluate(train, Features.Relabelled(test, seed: 1), options);

        wrong.Chosen.Should().Be(right.Chosen);
        wrong.Candidates.Should().Equal(right.Candidates);
        wrong.Classification.Predictions.Should().Equal(right.Classification.Predictions);
        wrong.TrainingAccuracy.Should().Be(right.TrainingAccuracy);
        wrong.Classification.Accuracy.Should().BeApproximately(1 / 3.0, 0.1);
        right.Classification.Accuracy.Should().BeGreaterThan(0.6);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void The_same_seed_gives_the_same_classifier(LinearProbeOptions options)
    {
        FeatureSet train = Features.Clouds(3, 50, 6, 2, seed: 1);

        LinearProbeFit first = LinearProbe.Fit(train, options);
        LinearProbeFit second = LinearProbe.Fit(train, options);

        second.Classifier.Weights.Should().Equal(first.Classifier.Weights);
        second.Candidates.Should().Equal(first.Candidates);
    }

    [Fact]
    public void The_strength_is_chosen_on_the_validation_split()
    {
        // Few images, many features of noise: without a penalty the training images are learnt by heart.
        FeatureSet train = WithNoise(Features.Clouds(2, 60, 2, 1.5, seed: 2, drawSeed: 3), 100);

        LinearProbeFit fit = LinearProbe.Fit(train, new LogisticProbeOptions { ValidationFraction = 0.4 });

        fit.SettingName.Should().Be("strength");
        fit.Candidates.Select(c => c.Setting).Should().Equal(1, 0.1, 0.01, 0.001, 1e-4, 1e-5);
        fit.Chosen.ValidationAccuracy.Should().Be(fit.Candidates.Max(c => c.ValidationAccuracy));
        fit.Chosen.Should().Be(fit.Candidates.First(c => c.ValidationAccuracy == fit.Chosen.ValidationAccuracy));
        fit.Candidates.Select(c => c.ValidationAccuracy).Distinct().Count().Should().BeGreaterThan(1, "or there was nothing to choose");
    }

    [Fact]
    public void Features_of_any_scale_and_offset_do_equally_well()
    {
        FeatureSet train = Features.Clouds(3, 200, 5, 1, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(3, 200, 5, 1, seed: 1, drawSeed: 3);

        double plain = LinearProbe.Evaluate(train, test).Classification.Accuracy;
        double stretched = LinearProbe.Evaluate(Stretched(train), Stretched(test)).Classification.Accuracy;

        stretched.Should().BeApproximately(plain, 0.01);
    }

    [Fact]
    public void A_feature_that_never_varies_has_no_weight()
    {
        FeatureSet clouds = Features.Clouds(2, 50, 3, 1, seed: 1);
        float[] values = [.. clouds.Values.Select((x, i) => i % 3 == 1 ? 0.1f : x)];

        LinearProbeFit fit = LinearProbe.Fit(new FeatureSet(values, 3, clouds.Labels, clouds.ClassNames));

        fit.Classifier.Weights[1].Should().Be(0);
        fit.Classifier.Weights[4].Should().Be(0);
        fit.Classifier.Weights[0].Should().NotBe(0);
    }

    [Fact]
    public void The_weights_of_the_classifier_are_for_features_as_they_are()
    {
        FeatureSet train = Stretched(Features.Clouds(3, 100, 5, 2, seed: 1));

        LinearClassifier classifier = LinearProbe.Fit(train).Classifier;

        int[] byHand =
        [
            .. Enumerable.Range(0, train.Count).Select(i => Enumerable.Range(0, 3).MaxBy(
                c => classifier.Bias[c] + Enumerable.Range(0, 5).Sum(d => classifier.Weights[(c * 5) + d] * train.Row(i)[d]))),
        ];
        classifier.Predict(train).Should().Equal(byHand);
        classifier.Width.Should().Be(5);
        classifier.ClassNames.Should().Equal(train.ClassNames);
    }

    [Fact]
    public void Classes_are_matched_by_name_not_by_position()
    {
        FeatureSet train = Features.Clouds(3, 40, 8, 0.1, seed: 1, drawSeed: 2);
        FeatureSet test = Features.Clouds(3, 10, 8, 0.1, seed: 1, drawSeed: 3);
        var turned = new FeatureSet(test.Values, test.Width, Array.ConvertAll(test.Labels, label => 2 - label), ["class2", "class1", "class0"]);

        LinearProbe.Evaluate(train, turned).Classification.Accuracy.Should().Be(1);
    }

    [Fact]
    public void A_learning_rate_that_diverges_is_passed_over()
    {
        FeatureSet train = Features.Clouds(3, 100, 6, 1, seed: 1);

        LinearProbeFit fit = LinearProbe.Fit(train, new GradientProbeOptions { LearningRates = [1e30, 0.1], WeightDecays = [1], Epochs = 5 });

        fit.Chosen.Setting.Should().Be(0.1);
        fit.SettingName.Should().Be("learning rate");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void A_probe_can_be_stopped(LinearProbeOptions options)
    {
        Action act = () => LinearProbe.Fit(Features.Clouds(2, 10, 3, 1, seed: 1), options, new CancellationToken(canceled: true));

        act.Should().Throw<OperationCanceledException>();
    }

    private static FeatureSet Stretched(FeatureSet set) =>
        new([.. set.Values.Select((x, i) => (x * MathF.Pow(10, (i % set.Width) - 2)) + (i % set.Width))], set.Width, set.Labels, set.ClassNames);

    private static FeatureSet WithNoise(FeatureSet set, int extra)
    {
        var random = new Random(9);
        return new(
            [.. Enumerable.Range(0, set.Count).SelectMany(i => set.Row(i).ToArray().Concat(Enumerable.Range(0, extra).Select(_ => (float)Features.Normal(random))))],
            set.Width + extra,
            set.Labels,
            set.ClassNames);
    }
}
