using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>Where the noise goes, and that without it the second predictor is the first.</summary>
public sealed class PredictorNoiseTests : TensorTest
{
    [Fact]
    public void Without_noise_equal_weights_and_tokens_give_equal_predictions_bit_for_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = JepaBuilder.WithEncoder(ViT.Nano4).WithRecipe(JepaRecipe.SmallData).WithNoisyPredictor(NoNoise.Instance).Build();
        Small.Scramble(model);
        using (no_grad())
        {
            foreach (ModelParameter noisy in model.Parameters.Parameters.Where(parameter => parameter.Name.StartsWith("noisy_predictor.", StringComparison.Ordinal)))
            {
                noisy.Value.copy_(model.Parameters[noisy.Name["noisy_".Length..]].Value);
            }
        }

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        Small.ShouldBeBitEqual(outputs.NoisyBMTD!, outputs.CleanBMTD);
        Small.Item(losses.NoisyClean!).Should().Be(0);
        Small.Item(losses.NoisyTeacher!).Should().Be(Small.Item(losses.CleanTeacher));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_noise_a_shared_predictor_with_a_shared_token_answers_twice_the_same(bool fixedAtZero)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa(fixedAtZero ? new FixedNoise(0) : NoNoise.Instance).WithSharedPredictor().WithSharedMaskToken().Build();
        Small.Scramble(model);

        (JepaOutputs outputs, _) = Small.Step(model);

        Small.ShouldBeBitEqual(outputs.NoisyBMTD!, outputs.CleanBMTD);
    }

    [Fact]
    public void With_noise_the_same_networks_answer_differently()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().WithSharedPredictor().WithSharedMaskToken().Build();
        Small.Scramble(model);

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        Small.Item(losses.NoisyClean!).Should().BeGreaterThan(1e-6f);
        Small.Values(outputs.NoisyBMTD!).Should().NotEqual(Small.Values(outputs.CleanBMTD));
    }

    [Theory]
    [InlineData(NoiseGranularity.SingleLevel)]
    [InlineData(NoiseGranularity.MultiLevel)]
    public void The_samplers_noise_reaches_the_mask_tokens_positions_and_nothing_else(NoiseGranularity granularity)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().WithRecipe(JepaRecipe.Paper with { Granularity = granularity, Masking = Small.IJepa().Configure().Recipe.Masking }).Build();
        Small.Scramble(model);
        JepaInputs inputs = model.SampleInputs(11, 5, Small.Samples);
        Tensor context = Small.Normal(3, 3, inputs.Context.Shape(1)[1], 48);

        Tensor clean = model.NoisyPredictor!.Tokens(context, inputs, noisy: false), noisy = model.NoisyPredictor.Tokens(context, inputs, noisy: true);

        long visible = context.size(1), targets = clean.size(1) - visible;
        Small.ShouldBeBitEqual(noisy.narrow(1, 0, visible), clean.narrow(1, 0, visible));
        Tensor added = (noisy - clean).narrow(1, visible, targets);
        Parity.ShouldMatch(added.contiguous(), inputs.NoiseBMTP!, 2e-6);

        var masks = model.MaskSampler.Sample(11, 5, Small.Samples);
        PositionNoiseBatch drawn = new PositionNoiseSampler(EdmNoise.Default, granularity, 24).Sample(11, 5, Small.Samples, masks.Targets, masks.TargetBlocks);
        Small.Values(inputs.NoiseBMTP!).Should().Equal(drawn.Values);
        inputs.NoiseBMTP!.shape.Should().Equal(3, masks.TargetBlocks, masks.TargetLength, 24);
        inputs.SignalScaleBM11.Should().BeNull();
    }

    [Fact]
    public void Variance_preserving_noise_scales_the_positions_before_it_is_added()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa(VariancePreservingNoise.Cosine).WithMultiLevelNoise().Build();
        Small.Scramble(model);
        JepaInputs inputs = model.SampleInputs(11, 5, Small.Samples);
        Tensor context = Small.Normal(3, 3, inputs.Context.Shape(1)[1], 48);
        Predictor predictor = model.NoisyPredictor!;

        Tensor tokens = predictor.Tokens(context, inputs, noisy: true);

        long[] shape = inputs.Targets.Shape(24);
        Tensor positions = predictor.PositionsLP.index_select(0, inputs.Targets.Patches).view(shape);
        Tensor expected = (positions * inputs.SignalScaleBM11!) + inputs.NoiseBMTP! + model.Parameters["noisy_predictor.mask_token"].Value;
        inputs.SignalScaleBM11!.shape.Should().Equal(3, 4, 1, 1);
        Small.Values(inputs.SignalScaleBM11).Should().OnlyContain(scale => scale >= 0 && scale < 1).And.OnlyHaveUniqueItems("noise is multi-level");
        Parity.ShouldMatch(tokens.narrow(1, context.size(1), shape[2]).contiguous(), expected, 1e-6);
    }

    [Fact]
    public void Inputs_are_a_pure_function_of_seed_step_and_sample()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();

        float[] first = Small.Values(model.SampleInputs(1, 2, [5, 6]).NoiseBMTP!);

        Small.Values(model.SampleInputs(1, 2, [5, 6]).NoiseBMTP!).Should().Equal(first);
        Small.Values(model.SampleInputs(2, 2, [5, 6]).NoiseBMTP!).Should().NotEqual(first);
        Small.Values(model.SampleInputs(1, 3, [5, 6]).NoiseBMTP!).Should().NotEqual(first);
        Small.Values(model.SampleInputs(1, 2, [6, 5]).NoiseBMTP!).Should().NotEqual(first);
    }
}
