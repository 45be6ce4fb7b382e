using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Precisions;

/// <summary>Losses and gradients computed in bfloat16 are those of float32 to bfloat16's rounding, 2^-9 of each number.</summary>
public sealed class BFloat16GradientTests : TensorTest
{
    // Some thirty roundings of 2^-9 lie between images and losses, and as many again before a gradient; independent ones add up to 1 % and 3 %, dependent ones to somewhat more.
    private const double LossTolerance = 0.01;
    private const double GradientTolerance = 0.05;

    public static TheoryData<string> Recipes => [.. OneStep.Recipes.Keys];

    private static OneStep Of(JepaBuilder builder, Precision precision) => OneStep.Of(builder.WithPrecision(precision));

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Losses_and_gradients_are_near_those_of_float32(string recipe)
    {
        OneStep exact = Of(OneStep.Recipes[recipe](), Precision.Float32), rounded = Of(OneStep.Recipes[recipe](), Precision.BFloat16);

        rounded.LossesShouldBe(exact, LossTolerance, 1e-3);
        OneStep.Distance(rounded.Gradients, exact.Gradients).Should().BeLessThan(GradientTolerance).And.BeGreaterThan(1e-4, "something was rounded");
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void The_tolerance_is_tight_enough_to_notice_a_missing_term(double cleanTeacher, double noisyTeacher, double noisyClean)
    {
        OneStep whole = OneStep.Of(Small.NJepa().WithLossWeights(1, 1, 1)), lacking = OneStep.Of(Small.NJepa().WithLossWeights(cleanTeacher, noisyTeacher, noisyClean));

        OneStep.Distance(lacking.Gradients, whole.Gradients).Should().BeGreaterThan(3 * GradientTolerance);
    }

    [Fact]
    public void Every_parameter_has_its_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel exact = OneStep.Model(Small.NJepa()), rounded = OneStep.Model(Small.NJepa().WithPrecision(Precision.BFloat16));
        OneStep.Of(exact);
        OneStep.Of(rounded);

        foreach ((ModelParameter actual, ModelParameter expected) in rounded.Parameters.Parameters.Zip(exact.Parameters.Parameters))
        {
            // The part of the keys in a bias of qkv has no influence: its gradient is rounding in both.
            bool keys = actual.Name.EndsWith("qkv.bias", StringComparison.Ordinal);
            OneStep.Distance(Small.Values(actual.Gradient!), Small.Values(expected.Gradient!)).Should().BeLessThan(keys ? 0.3 : 0.15, actual.Name);
        }
    }

    [Fact]
    public void Gradients_of_several_backward_passes_add_up_in_float32()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa().WithPrecision(Precision.BFloat16));
        float[] first = OneStep.Of(model, 0).Gradients, second = OneStep.Of(model, 1).Gradients;
        model.Parameters.ZeroGradients();
        foreach (long step in new[] { 0L, 1L })
        {
            (JepaOutputs outputs, JepaLosses losses) = Small.Step(model, step);
            model.Backward(outputs, losses.Total);
        }

        float[] sum = [.. first.Zip(second, (a, b) => a + b)];
        Small.Values(model.Parameters.Gradients!).Should().Equal(sum);
        Rounded(first).Should().Equal(first, "one pass leaves bfloat16 numbers");
        Rounded(sum).Should().NotEqual(sum, "a sum in bfloat16 would be another");

        static float[] Rounded(float[] values)
        {
            using Tensor all = tensor(values), coarse = all.to_type(ScalarType.BFloat16), back = coarse.to_type(ScalarType.Float32);
            return Small.Values(back);
        }
    }

    [Fact]
    public void A_backward_pass_that_fails_leaves_nothing_to_the_next()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa().WithPrecision(Precision.BFloat16));
        OneStep expected = OneStep.Of(model);
        JepaOutputs usedUp = Small.Step(model).Outputs;
        model.Backward(usedUp, usedUp.ContextBKD.sum());
        model.Parameters.ZeroGradients();

        // What was computed last is differentiated first: gradients have arrived when the pass comes to what is used up.
        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model, 1);
        Action backward = () => model.Backward(outputs, losses.Total + usedUp.ContextBKD.sum());
        backward.Should().Throw<InvalidOperationException>().WithMessage("What this loss was computed from has been differentiated already;*");
        Small.Values(model.Parameters.Gradients!).Should().OnlyContain(gradient => gradient == 0);

        OneStep.Of(model).ShouldBeBitEqual(expected);
    }

    [Fact]
    public void Processors_with_and_without_bfloat16_agree()
    {
        bool here = MatrixProducts.ProcessorHasBFloat16;
        try
        {
            MatrixProducts.ProcessorHasBFloat16 = true;
            OneStep native = Of(Small.NJepa(), Precision.BFloat16);
            MatrixProducts.ProcessorHasBFloat16 = false;
            OneStep widened = Of(Small.NJepa(), Precision.BFloat16);

            native.LossesShouldBe(widened, LossTolerance, 1e-3);
            OneStep.Distance(native.Gradients, widened.Gradients).Should().BeLessThan(GradientTolerance);
        }
        finally
        {
            MatrixProducts.ProcessorHasBFloat16 = here;
        }
    }

    [Fact]
    public void A_widened_product_is_the_bfloat16_one_to_its_last_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Small.Normal(1, 7, 33).to_type(ScalarType.BFloat16), weight = Small.Normal(2, 5, 33).to_type(ScalarType.BFloat16), bias = Small.Normal(3, 5).to_type(ScalarType.BFloat16);
        Tensor exact = nn.functional.linear(x.to_type(ScalarType.Float64), weight.to_type(ScalarType.Float64), bias.to_type(ScalarType.Float64));

        Tensor widened = MatrixProducts.Linear(x, weight, bias, promoted: true), native = MatrixProducts.Linear(x, weight, bias, promoted: false);

        widened.dtype.Should().Be(ScalarType.BFloat16);
        Parity.ShouldMatch(widened, exact, 1e-5, Math.Pow(2, -8), "widened");
        Parity.ShouldMatch(native, exact, 2e-2, Math.Pow(2, -8), "native");
    }
}
