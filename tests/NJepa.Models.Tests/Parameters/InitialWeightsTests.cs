using TorchSharp;

namespace NJepa.Models.Tests.Parameters;

/// <summary>A normal of standard deviation 0.02 truncated at two standard deviations, biases 0, norms 1 and 0.</summary>
public sealed class InitialWeightsTests : TensorTest
{
    // 0.02 sqrt(1 - 2 * 2 phi(2) / (2 Phi(2) - 1)): the standard deviation that is left after the cut.
    private const double StandardDeviation = 0.02 * 0.87962566103423978;

    private static readonly ViT Wide = new() { Width = 128, Depth = 2, Heads = 4, ImageSize = 64, PatchSize = 8 };

    [Fact]
    public void Weights_are_a_truncated_normal_biases_zero_and_norms_one_and_zero()
    {
        using JepaModel model = JepaBuilder.WithEncoder(Wide).WithRecipe(JepaRecipe.SmallData).WithSeed(5).Build();
        foreach (ModelParameter parameter in model.Parameters.Parameters)
        {
            float[] values = Small.Values(parameter.Value);
            if (parameter.Name.Contains("norm", StringComparison.Ordinal) && parameter.Name.EndsWith(".weight", StringComparison.Ordinal))
            {
                values.Should().OnlyContain(value => value == 1, parameter.Name);
            }
            else if (parameter.Name.EndsWith(".bias", StringComparison.Ordinal))
            {
                values.Should().OnlyContain(value => value == 0, parameter.Name);
            }
            else
            {
                CheckNormal(values, StandardDeviation, 0.04, parameter.Name);
            }
        }
    }

    [Fact]
    public void All_weights_together_have_the_standard_deviation_and_reach_of_the_truncated_normal()
    {
        using JepaModel model = JepaBuilder.WithEncoder(Wide).WithRecipe(JepaRecipe.SmallData).Build();
        float[] values = [.. model.Parameters.Parameters.Where(parameter => parameter.IsDecayed).SelectMany(parameter => Small.Values(parameter.Value))];

        CheckNormal(values, StandardDeviation, 0.04, "all");
        values.Max().Should().BeGreaterThan(0.0399f);
        values.Min().Should().BeLessThan(-0.0399f);
        double withinOne = values.Count(value => Math.Abs(value) < 0.02) / (double)values.Length;
        withinOne.Should().BeApproximately(0.682689 / 0.954500, 0.003);
    }

    [Fact]
    public void Rescaling_divides_the_last_layer_of_each_branch_by_the_root_of_twice_its_depth()
    {
        using JepaModel plain = JepaBuilder.WithEncoder(Wide).WithRecipe(JepaRecipe.SmallData).Build();
        using JepaModel rescaled = JepaBuilder.WithEncoder(Wide).WithRecipe(JepaRecipe.SmallData).WithRescaledInitialization().Build();

        foreach (ModelParameter parameter in plain.Parameters.Parameters)
        {
            string name = parameter.Name;
            bool last = name.EndsWith("attn.proj.weight", StringComparison.Ordinal) || name.EndsWith("mlp.fc2.weight", StringComparison.Ordinal);
            double factor = last ? 1 / Math.Sqrt(2.0 * (int.Parse(name.Split("blocks.")[1].Split('.')[0]) + 1)) : 1;
            float[] expected = [.. Small.Values(parameter.Value).Select(value => (float)(value * factor))], actual = Small.Values(rescaled.Parameters[name].Value);
            actual.Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) <= 1e-8f, name);
        }
    }

    [Fact]
    public void A_second_predictor_leaves_the_other_initial_weights_as_they_are()
    {
        using JepaModel without = Small.IJepa().WithSeed(3).Build(), with = Small.NJepa().WithSeed(3).Build();

        foreach (ModelParameter parameter in without.Parameters.Parameters)
        {
            Small.ShouldBeBitEqual(with.Parameters[parameter.Name].Value, parameter.Value, parameter.Name);
        }

        Small.Values(with.Parameters["noisy_predictor.mask_token"].Value).Should().NotEqual(Small.Values(with.Parameters["predictor.mask_token"].Value));
    }

    [Fact]
    public void Equal_seeds_give_equal_weights_and_different_seeds_different_ones()
    {
        using JepaModel first = Small.NJepa().WithSeed(1).Build(), again = Small.NJepa().WithSeed(1).Build(), other = Small.NJepa().WithSeed(2).Build();

        Small.ShouldBeBitEqual(again.Parameters.Values, first.Parameters.Values);
        foreach (ModelParameter parameter in first.Parameters.Parameters.Where(parameter => parameter.IsDecayed))
        {
            Small.Values(other.Parameters[parameter.Name].Value).Should().NotEqual(Small.Values(parameter.Value), parameter.Name);
        }
    }

    [Fact]
    public void Parameters_of_one_model_do_not_repeat_each_other()
    {
        using JepaModel model = Small.NJepa().Build();

        model.Parameters.Parameters.Where(parameter => parameter.IsDecayed).Select(parameter => Small.Values(parameter.Value)[0]).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void An_encoder_of_its_own_starts_alike()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Wide, seed: 9), again = ViTEncoder.Create(Wide, seed: 9), other = ViTEncoder.Create(Wide, seed: 10);

        Small.ShouldBeBitEqual(again.Parameters.Values, encoder.Parameters.Values);
        Small.Values(other.Parameters.Values).Should().NotEqual(Small.Values(encoder.Parameters.Values));
        encoder.Parameters.Gradients.Should().BeNull();
        CheckNormal(Small.Values(encoder.Parameters["blocks.1.mlp.fc1.weight"].Value), StandardDeviation, 0.04, "fc1");
    }

    private static void CheckNormal(float[] values, double deviation, double bound, string name)
    {
        double mean = values.Average(value => (double)value), found = Math.Sqrt(values.Average(value => (double)value * value));
        double error = deviation / Math.Sqrt(values.Length);
        values.Should().OnlyContain(value => Math.Abs(value) <= (float)bound, name);
        mean.Should().BeApproximately(0, 5 * error, name);
        found.Should().BeApproximately(deviation, 5 * error, name);
    }
}
