using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Networks;

/// <summary>The shortcuts of the networks compute what the long way computes.</summary>
public sealed class NetworkTests : TensorTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(19)]
    public void The_last_block_for_some_tokens_equals_the_whole_block_cut(long firstQuery)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel whole = Small.IJepa().Build(), cut = Small.IJepa().Build();
        Small.Scramble(whole);
        Small.Scramble(cut);
        Tensor xWhole = Small.Normal(1, 3, 20, 24).requires_grad_(), xCut = Small.Normal(1, 3, 20, 24).requires_grad_();
        Tensor weight = Small.Normal(2, 3, 20 - firstQuery, 24);

        Tensor expected = whole.CleanPredictor.Block(1).Forward(xWhole).narrow(1, firstQuery, 20 - firstQuery);
        Tensor actual = cut.CleanPredictor.Block(1).ForwardLast(xCut, firstQuery);
        (expected * weight).sum().backward();
        (actual * weight).sum().backward();

        Parity.ShouldMatch(actual, expected.contiguous(), 1e-6, 1e-6, "values");
        Parity.ShouldMatch(xCut.grad!, xWhole.grad!, 1e-6, 1e-5, "input's gradient");
        Parity.ShouldMatch(cut.Parameters.Gradients!, whole.Parameters.Gradients!, 1e-5, 1e-5, "parameters' gradients");
        Small.Values(whole.Parameters.Gradients!).Should().Contain(value => value != 0);
    }

    [Fact]
    public void Encoding_the_visible_patches_equals_encoding_all_when_all_are_visible()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Small.Scramble(model);
        Tensor images = Small.Images();
        int[] every = [.. Enumerable.Repeat(Enumerable.Range(0, 64), 3).SelectMany(patches => patches)];

        Tensor visible = model.Student.EncodeVisible(Patches.FromImages(images, 4), new PatchIndices(every, [3, 64], 64, CPU));

        Parity.ShouldMatch(visible, model.Student.Encode(images), 1e-6);
    }

    [Fact]
    public void Features_of_the_last_layers_stand_side_by_side()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Small.Scramble(model);
        Tensor images = Small.Images();
        ViTEncoder student = model.Student;
        Tensor first = student.Block(0).Forward(student.Embed(Patches.FromImages(images, 4)).view(3, 64, 48).add(student.PositionsLD));

        Tensor both = student.EncodePooled(images, 2);

        both.shape.Should().Equal(3, 96);
        both.requires_grad.Should().BeFalse();
        Parity.ShouldMatch(both.narrow(1, 0, 48).contiguous(), student.FinalNorm.Forward(first).mean([1]), 1e-5, what: "layer 1");
        Parity.ShouldMatch(both.narrow(1, 48, 48).contiguous(), student.Encode(images).mean([1]), 1e-6, what: "layer 2");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Layers_that_are_not_there_are_refused(int lastLayers)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Action encode = () => model.Student.EncodePooled(Small.Images(), lastLayers);
        encode.Should().Throw<ArgumentOutOfRangeException>().WithMessage("tiny/4 has 2 layers; lastLayers must be from 1 to 2.*");
    }

    [Fact]
    public void Hidden_patches_do_not_reach_the_student()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        JepaInputs inputs = model.SampleInputs(0, 0, Small.Samples);
        Tensor images = Small.Images(), patches = Patches.FromImages(images, 4);
        Tensor visible = zeros(3 * 64, 1).index_fill_(0, inputs.Context.Rows, 1);
        Tensor hiddenChanged = (patches * visible) + (100 * (1 - visible));

        Small.ShouldBeBitEqual(model.Student.EncodeVisible(hiddenChanged, inputs.Context), model.Student.EncodeVisible(patches, inputs.Context));
    }

    [Fact]
    public void Pooled_features_are_the_mean_over_the_patches()
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = ViTEncoder.Create(ViT.Nano4, seed: 2);
        Tensor images = Small.Images();

        float[] features = Small.Values(encoder.Encode(images)), pooled = Small.Values(encoder.EncodePooled(images));

        encoder.Encode(images).shape.Should().Equal(3, 64, 96);
        encoder.EncodePooled(images).shape.Should().Equal(3, 96);
        for (int i = 0; i < pooled.Length; i++)
        {
            double mean = Enumerable.Range(0, 64).Average(patch => (double)features[(((i / 96) * 64) + patch) * 96 + (i % 96)]);
            ((double)pooled[i]).Should().BeApproximately(mean, 1e-5);
        }
    }

    [Fact]
    public void Images_of_a_batch_do_not_see_each_other()
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = ViTEncoder.Create(ViT.Nano4);
        Tensor images = Small.Images();

        Parity.ShouldMatch(encoder.Encode(images).narrow(0, 2, 1).contiguous(), encoder.Encode(images.narrow(0, 2, 1)), 1e-5);
    }

    [Fact]
    public void Encoding_takes_no_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();

        model.Student.Encode(Small.Images()).requires_grad.Should().BeFalse();
        model.Student.EncodePooled(Small.Images()).requires_grad.Should().BeFalse();
    }

    [Fact]
    public void Patches_come_row_by_row_with_channels_in_the_order_of_the_convolution()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = arange(2 * 2 * 4 * 6, ScalarType.Float32).view(2, 2, 4, 6);

        Tensor patches = Patches.FromImages(images, 2);

        patches.shape.Should().Equal(2 * 2 * 3, 2 * 2 * 2);
        // Image 1, patch row 1, column 2: channels, then rows, then columns.
        Small.Values(patches.select(0, 11)).Should().Equal(64, 65, 70, 71, 88, 89, 94, 95);
    }
}
