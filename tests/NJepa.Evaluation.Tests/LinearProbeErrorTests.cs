namespace NJepa.Evaluation.Tests;

/// <summary>What a linear probe refuses, and how it says so.</summary>
public sealed class LinearProbeErrorTests : TensorTest
{
    [Theory]
    [InlineData(1e20f)]
    [InlineData(3e38f)]
    public void Features_too_large_to_compute_with_are_refused_unless_they_are_scaled(float size)
    {
        FeatureSet small = Features.Clouds(3, 20, 4, 0.2, seed: 1);
        float largest = small.Values.Max(Math.Abs);
        var large = new FeatureSet(Array.ConvertAll(small.Values, value => value / largest * size), 4, small.Labels, small.ClassNames);

        foreach (LinearProbeOptions options in new LinearProbeOptions[] { new LogisticProbeOptions { Scaling = FeatureScaling.None }, new GradientProbeOptions { Scaling = FeatureScaling.None } })
        {
            Action fit = () => LinearProbe.Fit(large, options);
            fit.Should().Throw<EvaluationException>().WithMessage("The largest feature has the size *; a probe computes with at most 1e12. Use FeatureScaling.Standardize, or divide the features by a constant.");
        }

        LinearProbe.Evaluate(large, large).Classification.Accuracy.Should().BeGreaterThan(0.9);
    }

    [Fact]
    public void When_every_learning_rate_diverges_the_error_says_so()
    {
        Action act = () => LinearProbe.Fit(Features.Clouds(3, 100, 6, 1, seed: 1), new GradientProbeOptions { LearningRates = [1e30], WeightDecays = [1], Epochs = 5 });

        act.Should().Throw<EvaluationException>().WithMessage(
            "The linear probe diverged with every learning rate (1E+30); add smaller ones, or use FeatureScaling.Standardize.");
    }

    [Fact]
    public void A_class_with_one_image_is_refused()
    {
        FeatureSet set = new([1, 2, 3, 4], 1, [0, 0, 1, 2], ["cat", "dog", "owl"]);

        Action act = () => LinearProbe.Evaluate(set, set);

        act.Should().Throw<EvaluationException>().WithMessage(
            "Every class of the training set needs at least 2 images; too few in 'dog' (1), 'owl' (1). Add images to these classes or leave the classes out.");
    }

    [Fact]
    public void Features_of_another_width_are_not_classified()
    {
        LinearClassifier classifier = LinearProbe.Fit(Features.Clouds(2, 10, 3, 1, seed: 1)).Classifier;

        Action act = () => classifier.Predict(Features.Noise(5, 4, 2, seed: 1));

        act.Should().Throw<EvaluationException>().WithMessage(
            "The images have 4 features; this classifier was trained on 3. Use the same encoder with the same settings.");
    }

    [Fact]
    public void All_problems_of_the_options_are_listed_at_once()
    {
        Action logistic = () => new LogisticProbeOptions { ValidationFraction = 0.6, Strengths = [0, 1, 1], MaximumIterations = 0, GradientTolerance = double.NaN }.Validate();
        Action gradient = () => new GradientProbeOptions { LearningRates = [], Epochs = 0, BatchSize = -1, Momentum = 1, WeightDecays = [-1, 0, 0], Scaling = (FeatureScaling)9,
            OtherScalings = [(FeatureScaling)9], Schedule = (ProbeSchedule)7, StepEpochs = 0, StepFactor = 0 }.Validate();

        logistic.Should().Throw<ArgumentException>().WithMessage(
            "The linear-probe options are not valid: ValidationFraction is 0.6; it must be above 0 and at most 0.5. "
            + "Strengths contains 0; every value must be finite and above 0. Strengths contains a value twice; give each once. "
            + "MaximumIterations is 0; it must be at least 1. GradientTolerance is NaN; it must be finite and above 0. (Parameter 'options')");
        gradient.Should().Throw<ArgumentException>().WithMessage(
            "The linear-probe options are not valid: Scaling is 9; it must be one of Standardize, BatchNormalize, None. "
            + "LearningRates is empty; give at least one value to try. WeightDecays contains -1; every value must be finite and at least 0. WeightDecays contains a value twice; give each once. "
            + "OtherScalings contains 9; every value must be one of Standardize, BatchNormalize, None. OtherScalings contains a scaling twice, or Scaling again; give each once. "
            + "Epochs is 0; it must be at least 1. BatchSize is -1; it must be at least 1. Schedule is 7; it must be Cosine or Step. StepEpochs is 0; it must be at least 1. "
            + "StepFactor is 0; it must be above 0 and at most 1. Momentum is 1; it must be at least 0 and below 1. (Parameter 'options')");
    }
}
