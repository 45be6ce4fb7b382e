using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>The variance and covariance terms against plain arithmetic.</summary>
public sealed class RegulariserTests : TensorTest
{
    [Theory]
    [InlineData(2, 3, 1.0)]
    [InlineData(5, 4, 1.0)]
    [InlineData(7, 6, 0.3)]
    [InlineData(4, 1, 1.0)]
    public void Terms_and_gradients_equal_plain_arithmetic(int images, int width, double spread)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pooledBD = Small.Normal(images + width, images, width) * (float)spread;
        double[] z = [.. Small.Values(pooledBD).Select(value => (double)value)];

        Check(LossFunctions.Variance, values => Variance(values, images, width));
        Check(LossFunctions.Covariance, values => Covariance(values, images, width));

        void Check(Func<Tensor, Tensor> term, Func<double[], double> oracle)
        {
            using Tensor leaf = pooledBD.clone().requires_grad_();
            Tensor value = term(leaf - leaf.mean([0], keepdim: true));
            ((double)Small.Item(value)).Should().BeApproximately(oracle(z), 1e-5);
            value.backward();
            using Tensor gradient = leaf.grad!;
            float[] found = Small.Values(gradient);
            for (int i = 0; i < z.Length; i++)
            {
                double[] up = [.. z], down = [.. z];
                (up[i], down[i]) = (z[i] + 1e-5, z[i] - 1e-5);
                ((double)found[i]).Should().BeApproximately((oracle(up) - oracle(down)) / 2e-5, 1e-4, "of element {0}", i);
            }
        }
    }

    [Fact]
    public void The_model_applies_them_to_the_mean_of_the_visible_patches()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().WithVarianceCovariance(0.5, 0.25).Build();

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        double[] z = [.. Small.Values(outputs.ContextBKD.mean([1])).Select(value => (double)value)];
        ((double)Small.Item(losses.Variance!)).Should().BeApproximately(Variance(z, 3, 48), 1e-5);
        ((double)Small.Item(losses.Covariance!)).Should().BeApproximately(Covariance(z, 3, 48), 1e-5);
        float expected = Small.Item(losses.CleanTeacher) + (0.5f * Small.Item(losses.Variance!)) + (0.25f * Small.Item(losses.Covariance!));
        Small.Item(losses.Total).Should().BeApproximately(expected, 1e-6f);
    }

    [Fact]
    public void They_are_off_by_default_and_reported_together()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().WithVarianceCovariance(0.5, 0).Build();

        (_, JepaLosses losses) = Small.Step(model);

        VarianceCovarianceWeights.None.Should().Be(new VarianceCovarianceWeights(0, 0));
        losses.Covariance.Should().NotBeNull();
        Small.Item(losses.Total).Should().Be(Small.Item(losses.CleanTeacher) + (0.5f * Small.Item(losses.Variance!)));
    }

    [Fact]
    public void One_image_has_no_variance_and_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().WithVarianceCovariance(0.05, 0.005).Build();
        JepaOutputs outputs = model.Forward(Small.Images(1), model.SampleInputs(0, 0, [0]));

        Action compute = () => model.ComputeLosses(outputs);

        compute.Should().Throw<ArgumentException>().WithMessage(
            "The variance and covariance terms need a batch of at least 2 images; it has 1. Use larger batches or VarianceCovarianceWeights.None. (Parameter 'outputs')");
    }

    private static double Variance(double[] z, int images, int width) => Enumerable.Range(0, width)
        .Average(d => Math.Max(0, 1 - Math.Sqrt(Covariance(z, images, width, d, d) + 1e-4)));

    private static double Covariance(double[] z, int images, int width) =>
        (from i in Enumerable.Range(0, width) from j in Enumerable.Range(0, width) where i != j select Math.Pow(Covariance(z, images, width, i, j), 2)).Sum() / width;

    private static double Covariance(double[] z, int images, int width, int i, int j)
    {
        double meanI = Enumerable.Range(0, images).Average(b => z[(b * width) + i]), meanJ = Enumerable.Range(0, images).Average(b => z[(b * width) + j]);
        return Enumerable.Range(0, images).Sum(b => (z[(b * width) + i] - meanI) * (z[(b * width) + j] - meanJ)) / (images - 1);
    }
}
