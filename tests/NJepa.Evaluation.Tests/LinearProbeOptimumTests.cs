namespace NJepa.Evaluation.Tests;

/// <summary>Probes end where the gradient of their loss, computed by hand, is zero.</summary>
public sealed class LinearProbeOptimumTests : TensorTest
{
    [Theory]
    [InlineData(0.3, FeatureScaling.Standardize)]
    [InlineData(0.001, FeatureScaling.Standardize)]
    [InlineData(0.01, FeatureScaling.None)]
    public void Logistic_regression_reaches_its_optimum(double strength, FeatureScaling scaling)
    {
        FeatureSet train = Features.Correlated(Features.Clouds(4, 150, 12, 3, seed: 1));

        LinearProbeFit fit = LinearProbe.Fit(train, new LogisticProbeOptions { Strengths = [strength], Scaling = scaling, GradientTolerance = 1e-5 });

        fit.Chosen.Converged.Should().BeTrue();
        LargestGradient(train, fit.Classifier, strength, scaling).Should().BeLessThan(3e-5, "at the optimum of a convex function the gradient is zero");
    }

    [Theory]
    [InlineData(20, 1030)] // fewer images than features
    [InlineData(2, 40)]
    [InlineData(350, 1030)] // beyond the width at which axes are turned
    public void Logistic_regression_reaches_its_optimum_however_wide_the_features_are(int perClass, int width)
    {
        FeatureSet train = Features.Clouds(3, perClass, width, 3, seed: 1);

        LinearProbeFit fit = LinearProbe.Fit(train, new LogisticProbeOptions { Strengths = [0.1], GradientTolerance = 1e-5 });

        fit.Chosen.Converged.Should().BeTrue();
        LargestGradient(train, fit.Classifier, 0.1, FeatureScaling.Standardize).Should().BeLessThan(3e-5);
    }

    [Fact]
    public void Gradient_descent_with_weight_decay_ends_where_the_penalised_optimum_is()
    {
        // Whole-set batches, so that nothing is random; a penalty strong enough to be felt.
        FeatureSet train = Features.Correlated(Features.Clouds(4, 150, 6, 2, seed: 1));

        LinearClassifier descended = LinearProbe.Fit(train, new GradientProbeOptions
        {
            LearningRates = [0.1], WeightDecays = [0.05], BatchSize = 600, Epochs = 600, Schedule = ProbeSchedule.Step, StepEpochs = 600,
        }).Classifier;

        LargestGradient(train, descended, 0.05, FeatureScaling.Standardize).Should().BeLessThan(1e-4, "at the optimum of a convex function the gradient is zero");
    }

    /// <summary>The largest element of the gradient of the penalised mean cross-entropy, by hand and in double precision.</summary>
    private static double LargestGradient(FeatureSet train, LinearClassifier classifier, double strength, FeatureScaling scaling)
    {
        (int n, int width, int classes) = (train.Count, train.Width, train.ClassNames.Count);
        bool scaled = scaling == FeatureScaling.Standardize;
        double[] mean = [.. Enumerable.Range(0, width).Select(d => scaled ? Enumerable.Range(0, n).Average(i => (double)train.Row(i)[d]) : 0)];
        double[] std = [.. Enumerable.Range(0, width).Select(d => scaled ? Math.Sqrt(Enumerable.Range(0, n).Average(i => Math.Pow(train.Row(i)[d] - mean[d], 2))) : 1)];
        var gradient = new double[classes * (width + 1)];
        for (int i = 0; i < n; i++)
        {
            float[] row = train.Row(i).ToArray();
            double[] scores = [.. Enumerable.Range(0, classes).Select(c => classifier.Bias[c] + row.Select((x, d) => x * classifier.Weights[(c * width) + d]).Sum())];
            double[] odds = [.. scores.Select(s => Math.Exp(s - scores.Max()))];
            for (int c = 0; c < classes; c++)
            {
                double error = ((odds[c] / odds.Sum()) - (train.Labels[i] == c ? 1 : 0)) / n;
                for (int d = 0; d < width; d++)
                {
                    gradient[(c * (width + 1)) + d] += error * (row[d] - mean[d]) / std[d];
                }

                gradient[(c * (width + 1)) + width] += error;
            }
        }

        for (int c = 0; c < classes; c++)
        {
            for (int d = 0; d < width; d++)
            {
                gradient[(c * (width + 1)) + d] += strength * classifier.Weights[(c * width) + d] * std[d];
            }
        }

        return gradient.Max(Math.Abs);
    }
}
