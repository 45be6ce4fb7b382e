using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>Which loss trains which network, and with which weight.</summary>
public sealed class LossTests : TensorTest
{
    [Theory]
    [InlineData("CT", false, true, true, false)]
    [InlineData("NT", false, true, false, true)]
    [InlineData("NC", false, true, true, true)]
    [InlineData("CT", true, true, true, false)]
    [InlineData("NT", true, true, false, true)]
    [InlineData("NC", true, true, false, true)]
    public void Each_loss_reaches_what_the_method_says(string loss, bool stopGradient, bool student, bool clean, bool noisy)
    {
        using DisposeScope scope = NewDisposeScope();
        JepaBuilder builder = Small.NJepa();
        using JepaModel model = (stopGradient ? builder.WithStopGradient() : builder).Build();
        Small.Scramble(model);

        (_, JepaLosses losses) = Small.Step(model);
        (loss switch { "CT" => losses.CleanTeacher, "NT" => losses.NoisyTeacher!, _ => losses.NoisyClean! }).backward();

        Reached(model, "encoder.").Should().Be(student);
        Reached(model, "predictor.").Should().Be(clean);
        Reached(model, "noisy_predictor.").Should().Be(noisy);
    }

    [Fact]
    public void Outputs_that_have_no_loss_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        JepaOutputs outputs = Small.Step(model).Outputs;
        Refused(outputs with { NoisyBMTD = null }, "NoisyBMTD of the outputs is null; compute the losses of what Forward of the same model returned, in the dispose scope of the same step.*");
        Refused(outputs with { CleanBMTD = outputs.CleanBMTD.narrow(2, 0, 1) }, "CleanBMTD is Float32 [3,4,1,48] on cpu, but the targets are Float32 [3,4,*,48] on cpu; they must be alike.*");
        Refused(outputs with { NoisyBMTD = outputs.NoisyBMTD!.to_type(ScalarType.Float64) }, "NoisyBMTD is Float64 *");
        Refused(outputs with { ContextBKD = outputs.ContextBKD.mean([1]) }, "ContextBKD has 2 dimensions; it must have three, [B,K,D].*");
        outputs.TargetsBMTD.Dispose();
        Refused(outputs, "TargetsBMTD of the outputs is disposed; *");

        void Refused(JepaOutputs wrong, string message)
        {
            Action compute = () => model.ComputeLosses(wrong);
            compute.Should().Throw<ArgumentException>().WithMessage(message);
        }
    }

    [Fact]
    public void Stop_gradient_changes_no_loss()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel open = Small.NJepa().Build(), stopped = Small.NJepa().WithStopGradient().Build();

        float with = Small.Item(Small.Step(open).Losses.Total), without = Small.Item(Small.Step(stopped).Losses.Total);

        with.Should().Be(without);
    }

    [Theory]
    [InlineData(1, 0.1, 0.1)]
    [InlineData(0.25, 3, 0)]
    [InlineData(0, 0.7, 0.3)]
    public void The_total_is_the_weighted_sum_of_the_terms(double cleanTeacher, double noisyTeacher, double noisyClean)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().WithLossWeights(cleanTeacher, noisyTeacher, noisyClean).Build();
        Small.Scramble(model);

        (_, JepaLosses losses) = Small.Step(model);

        float expected = 0;
        expected += (float)cleanTeacher * Small.Item(losses.CleanTeacher);
        expected += (float)noisyTeacher * Small.Item(losses.NoisyTeacher!);
        expected += (float)noisyClean * Small.Item(losses.NoisyClean!);
        Small.Item(losses.Total).Should().Be(expected);
        losses.Variance.Should().BeNull();
        losses.Covariance.Should().BeNull();
    }

    [Fact]
    public void Doubling_a_weight_doubles_the_gradient_exactly()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel once = Small.NJepa().WithLossWeights(1, 0.5, 0.25).Build(), twice = Small.NJepa().WithLossWeights(2, 1, 0.5).Build();

        Small.Step(once).Losses.Total.backward();
        Small.Step(twice).Losses.Total.backward();

        Small.ShouldBeBitEqual(twice.Parameters.Gradients!, once.Parameters.Gradients! * 2f);
    }

    [Fact]
    public void Terms_of_weight_zero_are_reported_but_train_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().WithLossWeights(1, 0, 0).Build();

        (_, JepaLosses losses) = Small.Step(model);
        losses.Total.backward();

        Small.Item(losses.Total).Should().Be(Small.Item(losses.CleanTeacher));
        Small.Item(losses.NoisyTeacher!).Should().BePositive();
        Small.Item(losses.NoisyClean!).Should().BePositive();
        Reached(model, "noisy_predictor.").Should().BeFalse();
    }

    [Fact]
    public void Losses_equal_their_formulas()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        Small.Scramble(model);

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        float[] h = Small.Values(outputs.TargetsBMTD), c = Small.Values(outputs.CleanBMTD), n = Small.Values(outputs.NoisyBMTD!);
        ((double)Small.Item(losses.CleanTeacher)).Should().BeApproximately(c.Zip(h, SmoothL1).Average(), 1e-6);
        ((double)Small.Item(losses.NoisyTeacher!)).Should().BeApproximately(n.Zip(h, SmoothL1).Average(), 1e-6);
        ((double)Small.Item(losses.NoisyClean!)).Should().BeApproximately(n.Zip(c, (x, y) => ((double)x - y) * ((double)x - y)).Average(), 1e-6);
        c.Zip(h).Should().Contain(pair => Math.Abs(pair.First - pair.Second) < 1).And.Contain(pair => Math.Abs(pair.First - pair.Second) > 1, "both branches of smooth L1 must be met");

        static double SmoothL1(float x, float y)
        {
            double distance = Math.Abs((double)x - y);
            return distance < 1 ? 0.5 * distance * distance : distance - 0.5;
        }
    }

    [Fact]
    public void Without_a_noisy_predictor_the_model_is_plain_IJepa()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        model.HasNoisyPredictor.Should().BeFalse();
        outputs.NoisyBMTD.Should().BeNull();
        losses.NoisyTeacher.Should().BeNull();
        losses.NoisyClean.Should().BeNull();
        Small.Item(losses.Total).Should().Be(Small.Item(losses.CleanTeacher));
        model.Parameters.Parameters.Select(parameter => parameter.Name.Split('.')[0]).Distinct().Should().BeEquivalentTo("encoder", "predictor");
        model.SampleInputs(0, 0, [1]).NoiseBMTP.Should().BeNull();
    }

    [Theory]
    [InlineData(false, false, 1, 1)]
    [InlineData(true, false, 0, 1)]
    [InlineData(false, true, 1, 0)]
    [InlineData(true, true, 0, 0)]
    public void What_is_shared_has_no_parameters_of_its_own(bool sharedToken, bool sharedPredictor, int tokens, int predictors)
    {
        using DisposeScope scope = NewDisposeScope();
        JepaBuilder builder = Small.NJepa();
        builder = sharedToken ? builder.WithSharedMaskToken() : builder;
        using JepaModel model = (sharedPredictor ? builder.WithSharedPredictor() : builder).Build();

        List<string> noisy = [.. model.Parameters.Parameters.Select(parameter => parameter.Name).Where(name => name.StartsWith("noisy_predictor.", StringComparison.Ordinal))];

        noisy.Count(name => name == "noisy_predictor.mask_token").Should().Be(tokens);
        noisy.Count(name => name == "noisy_predictor.predictor_embed.weight").Should().Be(predictors);
        noisy.Should().HaveCount(tokens + (predictors * 30));
        Small.Step(model).Losses.Total.backward();
        Reached(model, "predictor.").Should().BeTrue();
    }

    private static bool Reached(JepaModel model, string prefix) =>
        model.Parameters.Parameters.Where(parameter => parameter.Name.StartsWith(prefix, StringComparison.Ordinal)).Any(parameter => Small.Values(parameter.Gradient!).Any(value => value != 0));
}
