using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>The ablation that the paper lacks: noise on the positions of the visible patches, too.</summary>
public sealed class ContextNoiseTests : TensorTest
{
    [Theory]
    [InlineData(NoiseGranularity.SingleLevel, false)]
    [InlineData(NoiseGranularity.MultiLevel, false)]
    [InlineData(NoiseGranularity.SingleLevel, true)]
    [InlineData(NoiseGranularity.MultiLevel, true)]
    public void Visible_and_hidden_patches_are_disturbed_by_the_same_maps(NoiseGranularity granularity, bool scalesSignal)
    {
        PositionNoise noise = scalesSignal ? VariancePreservingNoise.Linear : EdmNoise.Default;
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Built(noise, granularity);
        JepaInputs inputs = model.SampleInputs(11, 5, Small.Samples);
        Predictor predictor = model.NoisyPredictor!;
        Tensor context = Small.Normal(3, 3, inputs.Context.Shape(1)[1], 48);

        float[] clean = Small.Values(predictor.Tokens(context, inputs, noisy: false)), noisy = Small.Values(predictor.Tokens(context, inputs, noisy: true));

        // For every token of every sequence: what it has gained is what the sampler draws for its patch alone, less what scaling took from its position.
        MaskBatch masks = model.MaskSampler.Sample(11, 5, Small.Samples);
        var sampler = new PositionNoiseSampler(noise, granularity, 24);
        float[] positions = Small.Values(predictor.PositionsLP);
        (int blocks, int visible, int hidden) = (masks.TargetBlocks, masks.ContextLength, masks.TargetLength);
        for (int image = 0; image < 3; image++)
        {
            for (int block = 0; block < blocks; block++)
            {
                int[] patches =
                [
                    .. masks.Context.AsSpan(image * visible, visible), .. masks.Targets.AsSpan(((image * blocks) + block) * hidden, hidden),
                ];
                int[] forAllBlocks = [.. Enumerable.Repeat(patches, blocks).SelectMany(list => list)];
                PositionNoiseBatch drawn = sampler.Sample(11, 5, [Small.Samples[image]], forAllBlocks, blocks);
                for (int token = 0; token < patches.Length; token++)
                {
                    for (int channel = 0; channel < 24; channel++)
                    {
                        int at = (((((image * blocks) + block) * patches.Length) + token) * 24) + channel;
                        float expected = drawn.Values[(((block * patches.Length) + token) * 24) + channel] + ((drawn.Levels[block].SignalScale - 1) * positions[(patches[token] * 24) + channel]);
                        (noisy[at] - clean[at]).Should().BeApproximately(expected, 4e-6f, "of image {0}, block {1}, token {2}", image, block, token);
                    }
                }
            }
        }

        inputs.ContextNoiseBNKP!.shape.Should().Equal(3, granularity == NoiseGranularity.MultiLevel ? blocks : 1, visible, 24);
    }

    [Fact]
    public void Only_the_noisy_predictor_answers_differently()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel with = Built(EdmNoise.Default, NoiseGranularity.MultiLevel), without = Small.NJepa().WithMultiLevelNoise().Build();
        Small.Scramble(without);

        (JepaOutputs disturbed, _) = Small.Step(with);
        (JepaOutputs paper, _) = Small.Step(without);

        Small.ShouldBeBitEqual(disturbed.CleanBMTD, paper.CleanBMTD);
        Small.ShouldBeBitEqual(disturbed.TargetsBMTD, paper.TargetsBMTD);
        Small.Values(disturbed.NoisyBMTD!).Should().NotEqual(Small.Values(paper.NoisyBMTD!));
    }

    [Fact]
    public void Parts_of_a_batch_keep_their_noise()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Built(EdmNoise.Default, NoiseGranularity.MultiLevel);
        JepaInputs inputs = model.SampleInputs(11, 5, Small.Samples);

        Small.ShouldBeBitEqual(inputs.Slice(1, 2).ContextNoiseBNKP!, inputs.ContextNoiseBNKP!.narrow(0, 1, 2));
    }

    [Fact]
    public void Noise_of_another_shape_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Built(EdmNoise.Default, NoiseGranularity.MultiLevel);
        MaskBatch masks = model.MaskSampler.Sample(11, 5, Small.Samples);
        PositionNoiseBatch targets = new PositionNoiseSampler(EdmNoise.Default, NoiseGranularity.MultiLevel, 24).Sample(11, 5, Small.Samples, masks.Targets, masks.TargetBlocks);
        PositionNoiseBatch short1 = new PositionNoiseSampler(EdmNoise.Default, NoiseGranularity.MultiLevel, 24).Sample(11, 5, Small.Samples, masks.Context.AsSpan(0, 6), 2);

        Action create = () => JepaInputs.Create(masks, targets, short1, CPU);

        create.Should().Throw<ArgumentException>().WithMessage(
            $"The noise of the visible patches is for 3 images, 2 blocks, 1 patches and 24 channels; these masks need 3 images, 1 or 4 blocks, {masks.ContextLength} patches and 24 channels.*");
    }

    [Fact]
    public void Without_a_noisy_predictor_it_concerns_nobody()
    {
        Action configure = () => Small.IJepa().WithContextNoise().Configure();

        configure.Should().Throw<JepaConfigurationException>().WithMessage("*JepaRecipe has ContextNoise, but no noisy predictor that it could concern*");
    }

    private static JepaModel Built(PositionNoise noise, NoiseGranularity granularity)
    {
        JepaBuilder builder = Small.NJepa(noise).WithContextNoise();
        JepaModel model = (granularity == NoiseGranularity.MultiLevel ? builder.WithMultiLevelNoise() : builder.WithSingleLevelNoise()).Build();
        Small.Scramble(model);
        return model;
    }
}
