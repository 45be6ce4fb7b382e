using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Images;

/// <summary>Native memory that outlives its use; the counts are the process's.</summary>
public sealed class LeakTests : TensorTest
{
    [Fact]
    public void Building_using_and_disposing_models_leaves_no_tensor()
    {
        using Tensor images = Small.Images();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 20; i++)
        {
            using JepaModel model = Small.NJepa().WithVarianceCovariance(0.05, 0.005).Build();
            using DisposeScope scope = NewDisposeScope();
            JepaLosses losses = model.ComputeLosses(model.Forward(images, model.SampleInputs(0, i, Small.Samples)));
            losses.Total.backward();
            model.Parameters.ZeroGradients();
            model.UpdateTeacher(0.9);
        }

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void Steps_leave_no_tensor_in_a_living_model()
    {
        using Tensor images = Small.Images();
        using JepaModel model = Small.NJepa().Build();
        long before = 0;
        for (int step = 0; step < 12; step++)
        {
            before = step == 2 ? Tensor.TotalCount : before;
            using DisposeScope scope = NewDisposeScope();
            model.ComputeLosses(model.Forward(images, model.SampleInputs(0, step, Small.Samples))).Total.backward();
        }

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void Without_a_dispose_scope_nothing_is_left_but_the_result()
    {
        using Tensor images = Small.Images();
        using JepaModel model = Small.NJepa().Build();
        long before = Tensor.TotalCount;

        Tensor features = model.Student.Encode(images);
        Tensor pooled = model.Student.EncodePooled(images);
        model.UpdateTeacher(0.5);
        model.ResetTeacher();
        model.Parameters.ZeroGradients();
        foreach (ModelParameter parameter in model.Parameters.Parameters)
        {
            _ = parameter.Gradient;
        }

        Tensor.TotalCount.Should().Be(before + 2);
        features.Dispose();
        pooled.Dispose();
        Tensor.TotalCount.Should().Be(before);
    }

    // What lies between may be collected while native code reads it, unless the passes hold it themselves.
    [Fact]
    public void Passes_without_a_dispose_scope_leave_their_results_alone()
    {
        using Tensor images = Small.Images();
        using JepaModel model = Small.NJepa().WithVarianceCovariance(0.05, 0.005).Build();
        JepaInputs inputs = model.SampleInputs(0, 0, Small.Samples);
        long before = Tensor.TotalCount;

        JepaOutputs outputs = model.Forward(images, inputs);
        Tensor.TotalCount.Should().Be(before + 4);
        JepaLosses losses = model.ComputeLosses(outputs);
        Tensor.TotalCount.Should().Be(before + 10);
        losses.Total.backward();

        model.Parameters["predictor.mask_token"].Gradient!.data<float>().ToArray().Should().NotContain(0);
        Tensor?[] results = [outputs.ContextBKD, outputs.TargetsBMTD, outputs.CleanBMTD, outputs.NoisyBMTD, losses.Total, losses.CleanTeacher, losses.NoisyTeacher, losses.NoisyClean, losses.Variance, losses.Covariance];
        foreach (Tensor? tensor in (Tensor?[])[.. results, inputs.Context.Patches, inputs.Context.Rows, inputs.Targets.Patches, inputs.Targets.Rows, inputs.NoiseBMTP])
        {
            tensor!.Dispose();
        }
    }

    [Fact]
    public void A_model_that_cannot_be_built_leaves_no_tensor()
    {
        long before = Tensor.TotalCount;
        Action build = () => Small.IJepa().WithMasking(new Broken()).Build();
        build.Should().Throw<InvalidOperationException>().WithMessage("no sampler");
        Tensor.TotalCount.Should().Be(before);
    }

    private sealed record Broken : NJepa.Masking.MaskingOptions
    {
        public override NJepa.Masking.IMaskSampler CreateSampler(NJepa.Masking.PatchGrid grid) => throw new InvalidOperationException("no sampler");

        public override IReadOnlyList<string> Validate(NJepa.Masking.PatchGrid grid) => [];
    }

    [Fact]
    public void A_model_outlives_the_scope_that_it_was_built_in()
    {
        JepaModel model;
        ViTEncoder encoder;
        using (NewDisposeScope())
        {
            model = Small.NJepa().Build();
            encoder = ViTEncoder.Create(ViT.Nano4);
        }

        using DisposeScope scope = NewDisposeScope();
        Small.Step(model).Losses.Total.backward();
        encoder.Encode(Small.Images()).shape.Should().Equal(3, 64, 96);
        model.UpdateTeacher(0.5);
        model.Dispose();
        encoder.Dispose();
    }
}
