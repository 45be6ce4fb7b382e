using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>A batch in parts has the losses and gradients of the batch as a whole.</summary>
public sealed class MicroBatchTests : TensorTest
{
    private const int Batch = 5;

    // Sums of some thousand float32 numbers in another order.
    private const double Tolerance = 1e-5;
    private static readonly long[] Samples = [3, 1, 4, 1, 5];

    public static TheoryData<string, int> Parts
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (string recipe in OneStep.Recipes.Keys)
            {
                foreach (int size in new[] { 1, 2, 3, 5 })
                {
                    all.Add(recipe, size);
                }
            }

            return all;
        }
    }

    private static OneStep Whole(JepaBuilder builder)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(builder);
        JepaOutputs outputs = model.Forward(Small.Images(Batch), model.SampleInputs(11, 0, Samples));
        JepaLosses losses = model.ComputeLosses(outputs);
        model.Backward(outputs, losses.Total);
        return OneStep.From(model, losses);
    }

    private static OneStep InParts(JepaBuilder builder, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(builder);
        Tensor images = Small.Images(Batch);
        return OneStep.From(model, model.ComputeGradients((start, count) => images.narrow(0, start, count), model.SampleInputs(11, 0, Samples), size));
    }

    private static void ShouldBeTheSame(OneStep actual, OneStep expected)
    {
        actual.LossesShouldBe(expected, Tolerance, 1e-7);
        actual.GradientsShouldBe(expected, Tolerance, 2e-6 * expected.Gradients.Max(Math.Abs));
        OneStep.Distance(actual.Gradients, expected.Gradients).Should().BeLessThan(Tolerance);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void Parts_of_any_size_give_the_losses_and_gradients_of_the_whole(string recipe, int size) =>
        ShouldBeTheSame(InParts(OneStep.Recipes[recipe](), size), Whole(OneStep.Recipes[recipe]()));

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    public void Recomputed_activations_go_with_parts(int size) => ShouldBeTheSame(
        InParts(OneStep.Recipes["variance and covariance"]().WithRecomputedActivations(), size), Whole(OneStep.Recipes["variance and covariance"]()));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void BFloat16_goes_with_parts(int size)
    {
        static JepaBuilder Builder() => OneStep.Recipes["variance and covariance"]().WithPrecision(Precision.BFloat16);
        OneStep parts = InParts(Builder(), size), whole = Whole(Builder());

        // Sums over fewer images are rounded elsewhere.
        parts.LossesShouldBe(whole, 1e-5, 1e-6);
        OneStep.Distance(parts.Gradients, whole.Gradients).Should().BeLessThan(0.03);
    }

    [Fact]
    public void Variance_and_covariance_of_the_parts_alone_would_be_other_gradients()
    {
        JepaBuilder builder = OneStep.Recipes["variance and covariance"]();
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(builder);
        Tensor images = Small.Images(Batch);
        JepaInputs inputs = model.SampleInputs(11, 0, Samples);
        foreach ((long start, long count) in new[] { (0L, 3L), (3L, 2L) })
        {
            JepaOutputs outputs = model.Forward(images.narrow(0, start, count), inputs.Slice(start, count));
            model.Backward(outputs, model.ComputeLosses(outputs).Total * (count / (double)Batch));
        }

        OneStep.Distance(Small.Values(model.Parameters.Gradients!), Whole(builder).Gradients).Should().BeGreaterThan(1000 * Tolerance);
        OneStep.Distance(Whole(OneStep.Recipes["N-JEPA"]()).Gradients, Whole(builder).Gradients).Should().BeGreaterThan(1000 * Tolerance, "the terms weigh something");
    }

    [Fact]
    public void Gradients_are_added_to_those_that_are_there()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa());
        Tensor images = Small.Images(Batch);
        JepaInputs inputs = model.SampleInputs(11, 0, Samples);
        float[] Gradients()
        {
            model.ComputeGradients((start, count) => images.narrow(0, start, count), inputs, 2);
            return Small.Values(model.Parameters.Gradients!);
        }

        float[] once = Gradients(), twice = Gradients();

        OneStep.Distance(twice, [.. once.Select(gradient => 2 * gradient)]).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void Losses_of_parts_have_no_gradient_and_nothing_else_stays()
    {
        using JepaModel model = OneStep.Model(OneStep.Recipes["variance and covariance"]());
        using Tensor images = Small.Images(Batch);
        using DisposeScope scope = NewDisposeScope();
        JepaInputs inputs = model.SampleInputs(11, 0, Samples);
        long before = Tensor.TotalCount;

        JepaLosses losses;
        using (DisposeScope inner = NewDisposeScope())
        {
            losses = model.ComputeGradients((start, count) => images.narrow(0, start, count), inputs, 2);
            (Tensor.TotalCount - before).Should().Be(6, "there are six terms");
        }

        losses.Total.IsInvalid.Should().BeTrue();
        Tensor.TotalCount.Should().Be(before);
        model.ComputeGradients((start, count) => images.narrow(0, start, count), inputs, 2).Terms.Should().OnlyContain(term => !term!.requires_grad);
    }

    [Fact]
    public void Images_are_asked_for_part_by_part()
    {
        List<(long, long)> Asked(JepaBuilder builder)
        {
            using DisposeScope scope = NewDisposeScope();
            using JepaModel model = builder.Build();
            Tensor images = Small.Images(Batch);
            var asked = new List<(long, long)>();
            model.ComputeGradients(
                (start, count) =>
                {
                    asked.Add((start, count));
                    return images.narrow(0, start, count);
                },
                model.SampleInputs(11, 0, Samples),
                2);
            return asked;
        }

        Asked(Small.NJepa()).Should().Equal((0, 2), (2, 2), (4, 1));
        Asked(Small.NJepa().WithVarianceCovariance(1, 1)).Should().Equal((0, 2), (2, 2), (4, 1), (0, 2), (2, 2), (4, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void Parts_of_no_image_are_refused(int size)
    {
        Action compute = () => InParts(Small.IJepa(), size);
        compute.Should().Throw<ArgumentOutOfRangeException>().WithMessage($"The micro-batch size is {size}; it must be at least 1 image. (Parameter 'microBatchSize')*");
    }

    [Fact]
    public void A_batch_of_one_is_refused_where_variance_needs_more()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().WithVarianceCovariance(1, 0).Build();
        Action compute = () => model.ComputeGradients((_, count) => Small.Images((int)count), model.SampleInputs(0, 0, [1]), 1);
        compute.Should().Throw<ArgumentException>().WithMessage(
            "The variance and covariance terms need a batch of at least 2 images; it has 1. Use larger batches or VarianceCovarianceWeights.None. (Parameter 'outputs')");
        Small.Values(model.Parameters.Gradients!).Should().OnlyContain(gradient => gradient == 0);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Where_gradients_are_off_there_are_none_to_compute(int size)
    {
        using IDisposable noGradient = no_grad();
        Action compute = () => InParts(OneStep.Recipes["variance and covariance"](), size);
        compute.Should().Throw<InvalidOperationException>().WithMessage(
            "Gradients are switched off here; call ComputeGradients outside of no_grad and inference_mode, or Forward and ComputeLosses for the losses alone.");
    }

    [Fact]
    public void Too_few_images_for_a_part_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Action compute = () => model.ComputeGradients((_, _) => Small.Images(1), model.SampleInputs(0, 0, Samples), 2);
        compute.Should().Throw<ArgumentException>().WithMessage("The masks are for 2 images, but 1 images were given; sample the masks for the same batch. (Parameter 'inputs')");
    }

    [Theory]
    [InlineData(-1, 2, "2 images from number -1 on were asked for")]
    [InlineData(0, 0, "0 images from number 0 on were asked for")]
    [InlineData(0, 6, "6 images from number 0 on were asked for")]
    [InlineData(5, 1, "1 images from number 5 on were asked for")]
    [InlineData(long.MaxValue, 2, "2 images from number 9223372036854775807 on were asked for")]
    public void A_slice_beyond_the_batch_is_refused(long start, long count, string asked)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        JepaInputs inputs = model.SampleInputs(0, 0, Samples);
        Action slice = () => inputs.Slice(start, count);
        slice.Should().Throw<ArgumentOutOfRangeException>().WithMessage(asked + ", but the inputs are of images 0 to 4. (Parameter 'start')*");
    }

    [Fact]
    public void A_slice_of_what_is_disposed_is_refused()
    {
        using JepaModel model = Small.NJepa().Build();
        JepaInputs inputs;
        using (NewDisposeScope())
        {
            inputs = model.SampleInputs(0, 0, Samples);
        }

        Action slice = () => inputs.Slice(0, 1);
        slice.Should().Throw<ObjectDisposedException>().WithMessage("The inputs' tensors have been disposed; sample the inputs in the dispose scope of the step that uses them.*");
    }

    [Fact]
    public void A_slice_says_of_its_images_what_the_batch_says()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa(Noise.VariancePreservingNoise.Cosine).WithMultiLevelNoise().Build();
        JepaInputs inputs = model.SampleInputs(0, 0, Samples), slice = inputs.Slice(1, 3).Slice(1, 2);
        MaskBatch masks = model.MaskSampler.Sample(0, 0, Samples);

        // Images 2 and 3 of five.
        slice.Context.Patches.data<long>().ToArray().Should().Equal(masks.ContextOf(2).ToArray().Concat(masks.ContextOf(3).ToArray()).Select(patch => (long)patch));
        slice.Context.Rows.data<long>().ToArray().Should().Equal(masks.ContextOf(2).ToArray().Select(patch => (long)patch).Concat(masks.ContextOf(3).ToArray().Select(patch => 64L + patch)));
        slice.Targets.Shape(7).Should().Equal(2, masks.TargetBlocks, masks.TargetLength, 7);
        slice.Targets.Rows.data<long>().ToArray().Skip(masks.TargetBlocks * masks.TargetLength).Should().OnlyContain(row => row >= 64 && row < 128);
        Small.ShouldBeBitEqual(slice.NoiseBMTP!, inputs.NoiseBMTP!.narrow(0, 2, 2));
        Small.ShouldBeBitEqual(slice.SignalScaleBM11!, inputs.SignalScaleBM11!.narrow(0, 2, 2));
    }
}
