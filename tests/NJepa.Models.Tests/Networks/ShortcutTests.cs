using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Networks;

/// <summary>The teacher's last block at the targets alone, and one pass of a predictor that serves as two.</summary>
public sealed class ShortcutTests : TensorTest
{
    [Fact]
    public void A_block_at_some_tokens_is_the_whole_block_gathered()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel whole = OneStep.Model(Small.IJepa()), some = OneStep.Model(Small.IJepa());
        Tensor xWhole = Small.Normal(1, 2, 20, 48).requires_grad_(), xSome = Small.Normal(1, 2, 20, 48).requires_grad_();
        // In no order, one twice, the second image's in its own rows.
        Tensor rows = tensor(new long[] { 7, 0, 19, 7, 20, 33, 21, 39 });
        Tensor weight = Small.Normal(2, 2, 4, 48);

        Tensor expected = whole.Student.Block(1).Forward(xWhole).view(-1, 48).index_select(0, rows).view(2, 4, 48);
        Tensor actual = some.Student.Block(1).ForwardAt(xSome, rows);
        (expected * weight).sum().backward();
        (actual * weight).sum().backward();

        actual.shape.Should().Equal(2, 4, 48);
        Parity.ShouldMatch(actual, expected, 1e-6, 1e-6, "values");
        Parity.ShouldMatch(xSome.grad!, xWhole.grad!, 1e-6, 1e-5, "input's gradient");
        Parity.ShouldMatch(some.Parameters.Gradients!, whole.Parameters.Gradients!, 1e-5, 1e-5, "parameters' gradients");
        Small.Values(whole.Parameters.Gradients!).Should().Contain(gradient => gradient != 0);
    }

    // 3 blocks of 16 patches are fewer than the grid's 64, 4 are as many, 6 are more: they overlap.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    public void Targets_are_those_of_the_whole_teacher_gathered(int blocks)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.IJepa());
        Tensor images = Small.Images(2);
        int[] Targets(int first) => [.. Enumerable.Range(0, blocks).SelectMany(block => Enumerable.Range(first + (8 * block), 16))];
        var masks = new MaskBatch(model.Configuration.Encoder.Grid, 2, blocks, [.. Enumerable.Range(0, 20), .. Enumerable.Range(40, 20)], [.. Targets(0), .. Targets(3)]);
        JepaInputs inputs = JepaInputs.Create(masks, null, CPU);

        Tensor targets = model.Forward(images, inputs).TargetsBMTD;

        Tensor features = nn.functional.layer_norm(model.Teacher.Encode(images), [48], eps: 1e-5);
        Tensor rows = tensor(Targets(0).Select(patch => (long)patch).Concat(Targets(3).Select(patch => 64L + patch)).ToArray());
        targets.shape.Should().Equal(2, blocks, 16, 48);
        targets.requires_grad.Should().BeFalse();
        Parity.ShouldMatch(targets, features.view(-1, 48).index_select(0, rows), 1e-5, what: "targets");
        Small.Values(targets.select(0, 0)).Should().NotEqual(Small.Values(targets.select(0, 1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_shared_predictor_runs_once_and_answers_as_in_two_runs(bool sharedMaskToken)
    {
        using DisposeScope scope = NewDisposeScope();
        JepaBuilder builder = Small.NJepa().WithSharedPredictor();
        builder = sharedMaskToken ? builder.WithSharedMaskToken() : builder;
        using JepaModel once = OneStep.Model(builder), twice = OneStep.Model(builder);
        JepaInputs inputs = once.SampleInputs(0, 0, Small.Samples);
        Tensor contextOnce = Small.Normal(3, 3, inputs.Context.PerImage, 48).requires_grad_(), contextTwice = Small.Normal(3, 3, inputs.Context.PerImage, 48).requires_grad_();

        (Tensor clean, Tensor noisy) = once.CleanPredictor.ForwardBoth(contextOnce, inputs, once.NoisyPredictor!);
        Tensor cleanAlone = twice.CleanPredictor.Forward(contextTwice, inputs, noisy: false), noisyAlone = twice.NoisyPredictor!.Forward(contextTwice, inputs, noisy: true);
        (clean.sum() + noisy.pow(2).sum()).backward();
        (cleanAlone.sum() + noisyAlone.pow(2).sum()).backward();

        Parity.ShouldMatch(clean, cleanAlone, 1e-6, 1e-6, "clean");
        Parity.ShouldMatch(noisy, noisyAlone, 1e-6, 1e-6, "noisy");
        Small.Values(clean).Should().NotEqual(Small.Values(noisy));
        OneStep.Distance(Small.Values(once.Parameters.Gradients!), Small.Values(twice.Parameters.Gradients!)).Should().BeLessThan(1e-6);
        OneStep.Distance(Small.Values(contextOnce.grad!), Small.Values(contextTwice.grad!)).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void An_unshared_mask_token_is_read_by_the_noisy_side_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa().WithSharedPredictor());
        JepaOutputs before = Small.Step(model).Outputs;
        using (no_grad())
        {
            model.Parameters["noisy_predictor.mask_token"].Value.add_(1);
        }

        JepaOutputs after = Small.Step(model).Outputs;

        Small.ShouldBeBitEqual(after.CleanBMTD, before.CleanBMTD);
        Small.Values(after.NoisyBMTD!).Should().NotEqual(Small.Values(before.NoisyBMTD!));
    }
}
