using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests;

/// <summary>Losses and gradients of one batch, as plain numbers.</summary>
internal sealed record OneStep(float?[] Losses, float[] Gradients)
{
    /// <summary>Recipes that between them take every way through the step.</summary>
    public static readonly IReadOnlyDictionary<string, Func<JepaBuilder>> Recipes = new Dictionary<string, Func<JepaBuilder>>
    {
        ["I-JEPA"] = Small.IJepa,
        ["N-JEPA"] = () => Small.NJepa().WithMultiLevelNoise(),
        ["scaled signal"] = () => Small.NJepa(Noise.VariancePreservingNoise.Cosine),
        ["shared predictor"] = () => Small.NJepa().WithSharedPredictor(),
        ["shared predictor and mask token"] = () => Small.NJepa().WithSharedPredictor().WithSharedMaskToken(),
        ["shared mask token"] = () => Small.NJepa().WithSharedMaskToken(),
        ["stop-gradient"] = () => Small.NJepa().WithStopGradient().WithLossWeights(1, 1, 1),
        ["variance and covariance"] = () => Small.NJepa().WithVarianceCovariance(0.5, 3),
        ["variance alone"] = () => Small.IJepa().WithVarianceCovariance(0.5, 0),
        ["no noisy losses"] = () => Small.NJepa().WithLossWeights(1, 0, 0),
    };

    /// <summary>A model none of whose parameters is 0.</summary>
    public static JepaModel Model(JepaBuilder builder)
    {
        JepaModel model = builder.Build();
        Small.Scramble(model);
        model.RefreshWeights();
        return model;
    }

    public static OneStep Of(JepaBuilder builder)
    {
        using JepaModel model = Model(builder);
        return Of(model);
    }

    /// <summary>Forward, losses and <see cref="JepaModel.Backward"/>; the gradients are cleared before.</summary>
    public static OneStep Of(JepaModel model, long step = 0, Func<JepaLosses, Tensor>? loss = null)
    {
        using DisposeScope scope = NewDisposeScope();
        model.Parameters.ZeroGradients();
        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model, step);
        model.Backward(outputs, loss?.Invoke(losses) ?? losses.Total);
        return From(model, losses);
    }

    public static OneStep From(JepaModel model, JepaLosses losses) =>
        new([.. losses.Terms.Select(term => term is null ? (float?)null : Small.Item(term))], Small.Values(model.Parameters.Gradients!));

    /// <summary>L2 norm of the difference, over the norm of what was expected.</summary>
    public static double Distance(IReadOnlyList<float> actual, IReadOnlyList<float> expected)
    {
        double difference = Math.Sqrt(actual.Zip(expected, (a, e) => Math.Pow((double)a - e, 2)).Sum()), norm = Math.Sqrt(expected.Sum(e => (double)e * e));
        return difference / norm;
    }

    public void LossesShouldBe(OneStep expected, double relative, double absolute = 0)
    {
        foreach ((float? actual, float? wanted) in Losses.Zip(expected.Losses))
        {
            actual.HasValue.Should().Be(wanted.HasValue);
            ((double)(actual ?? 0)).Should().BeApproximately(wanted ?? 0, (relative * Math.Abs(wanted ?? 0)) + absolute);
        }
    }

    public void GradientsShouldBe(OneStep expected, double relative, double absolute)
    {
        for (int i = 0; i < expected.Gradients.Length; i++)
        {
            if (!(Math.Abs((double)Gradients[i] - expected.Gradients[i]) <= (relative * Math.Abs(expected.Gradients[i])) + absolute))
            {
                Assert.Fail($"Gradient {i} is {Gradients[i]:R} where {expected.Gradients[i]:R} was expected.");
            }
        }
    }

    public void ShouldBeBitEqual(OneStep expected)
    {
        Losses.Should().Equal(expected.Losses);
        Gradients.AsSpan().SequenceEqual(expected.Gradients).Should().BeTrue("the gradients are the same bits; they differ by {0}", Distance(Gradients, expected.Gradients));
    }
}
