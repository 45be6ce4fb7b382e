using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Images;

/// <summary>Whatever tensor comes, the answer is a result or a typed exception that says what was wrong: never one of libtorch's.</summary>
public sealed class OddImagesTests : TensorTest
{
    private const string Shapes = "; tiny/4 takes [B,3,32,32] with B at least 1. Resize the images or build the encoder with another ImageSize. (Parameter 'imagesBCHW')";
    private const string Types = "; the encoder takes Float32 on cpu. ImageNormalization.ToTensor makes such tensors. (Parameter 'imagesBCHW')";

    public static TheoryData<string, Func<Tensor>, string> Refused => new()
    {
        { "smaller", () => zeros(2, 3, 28, 28), "The images have shape [2,3,28,28]" + Shapes },
        { "wider", () => zeros(2, 3, 32, 36), "The images have shape [2,3,32,36]" + Shapes },
        { "grey", () => zeros(2, 1, 32, 32), "The images have shape [2,1,32,32]" + Shapes },
        { "channels last", () => zeros(2, 32, 32, 3), "The images have shape [2,32,32,3]" + Shapes },
        { "one image", () => zeros(3, 32, 32), "The images have shape [3,32,32]" + Shapes },
        { "video", () => zeros([1, 2, 3, 32, 32]), "The images have shape [1,2,3,32,32]" + Shapes },
        { "no image", () => zeros(0, 3, 32, 32), "The images have shape [0,3,32,32]" + Shapes },
        { "scalar", () => tensor(1f), "The images have shape []" + Shapes },
        { "double", () => zeros(1, 3, 32, 32, ScalarType.Float64), "The images are Float64 on cpu" + Types },
        { "half", () => zeros(1, 3, 32, 32, ScalarType.Float16), "The images are Float16 on cpu" + Types },
        { "bytes", () => zeros(1, 3, 32, 32, ScalarType.Byte), "The images are Byte on cpu" + Types },
        { "integers", () => zeros(1, 3, 32, 32, ScalarType.Int64), "The images are Int64 on cpu" + Types },
        { "booleans", () => zeros(1, 3, 32, 32, ScalarType.Bool), "The images are Bool on cpu" + Types },
        { "complex", () => zeros(1, 3, 32, 32, ScalarType.ComplexFloat32), "The images are ComplexFloat32 on cpu" + Types },
        { "meta", () => zeros(1, 3, 32, 32, device: META), "The images are Float32 on meta" + Types },
        { "sparse", () => zeros(1, 3, 32, 32).to_sparse(), "The images are a sparse tensor; the encoder takes dense ones. Call to_dense() on it. (Parameter 'imagesBCHW')" },
        { "disposed", Disposed, "The images' tensor has been disposed; keep it, and the dispose scope that it was made in, until it has been encoded. (Parameter 'imagesBCHW')" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Images_that_do_not_fit_are_refused(string what, Func<Tensor> make, string message)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Tensor images = make();

        foreach (Action use in new Action[]
        {
            () => model.Student.Encode(images),
            () => model.Teacher.EncodePooled(images),
            () => model.Forward(images, model.SampleInputs(0, 0, [0])),
        })
        {
            use.Should().Throw<ArgumentException>(what).WithMessage(message);
        }
    }

    public static TheoryData<string, Func<Tensor, Tensor>> Views => new()
    {
        { "channels-last memory", images => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) },
        { "transposed memory", images => images.transpose(2, 3).contiguous().transpose(2, 3) },
        { "part of a larger batch", images => cat([images, images], 0).narrow(0, 3, 3) },
        { "part of larger pictures", images => cat([images, images], 3).narrow(3, 32, 32) },
        { "every other picture", images => stack([images, images], 1).select(1, 1) },
        { "with a gradient", images => images.clone().requires_grad_() },
        { "flipped", images => images.flip(3).flip(3) },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void Any_layout_of_the_same_pixels_gives_the_same_features(string what, Func<Tensor, Tensor> view)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        Tensor images = Small.Images(), odd = view(images);

        Small.ShouldBeBitEqual(model.Student.Encode(odd), model.Student.Encode(images), what);
        Small.ShouldBeBitEqual(model.Student.EncodePooled(odd), model.Student.EncodePooled(images), what);
        JepaInputs inputs = model.SampleInputs(0, 0, Small.Samples);
        Small.ShouldBeBitEqual(model.Forward(odd, inputs).CleanBMTD, model.Forward(images, inputs).CleanBMTD, what);
    }

    [Fact]
    public void One_repeated_image_is_encoded()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Tensor one = Small.Images(1), repeated = one.expand(3, 3, 32, 32);

        float[] features = Small.Values(model.Student.Encode(repeated));

        features[..(64 * 48)].Should().Equal(features[^(64 * 48)..]);
    }

    [Fact]
    public void Values_that_are_not_finite_stay_within_their_image()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Tensor images = Small.Images();
        images.select(0, 1).fill_(float.NaN);

        float[] pooled = Small.Values(model.Student.EncodePooled(images));

        pooled[..48].Should().OnlyContain(value => float.IsFinite(value));
        pooled[48..96].Should().OnlyContain(value => float.IsNaN(value));
        pooled[96..].Should().OnlyContain(value => float.IsFinite(value));
    }

    [Fact]
    public void Inputs_of_another_batch_grid_or_width_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        Tensor images = Small.Images();
        MaskBatch masks = model.MaskSampler.Sample(0, 0, Small.Samples);
        MaskBatch otherGrid = new MultiBlockMaskingOptions().CreateSampler(new PatchGrid(14, 14)).Sample(0, 0, Small.Samples);
        PositionNoiseBatch wide = new PositionNoiseSampler(EdmNoise.Default, NoiseGranularity.SingleLevel, 48).Sample(0, 0, Small.Samples, masks.Targets, masks.TargetBlocks);
        JepaInputs gone;
        using (NewDisposeScope())
        {
            gone = model.SampleInputs(0, 0, Small.Samples);
        }

        Refuse(model.SampleInputs(0, 0, [1, 2]), "The masks are for 2 images, but 3 images were given; sample the masks for the same batch.");
        Refuse(JepaInputs.Create(otherGrid, null, CPU), "The masks are for a 14 x 14 grid, but the encoder has a 8 x 8 grid; sample them with the model's MaskSampler.");
        Refuse(JepaInputs.Create(masks, wide, CPU), "The noise has 48 channels, but the predictor has a width of 24; sample the noise for that width.");
        Refuse(gone, "The inputs' tensors have been disposed; sample the inputs in the dispose scope of the step that uses them.");

        void Refuse(JepaInputs inputs, string message)
        {
            Action forward = () => model.Forward(images, inputs);
            forward.Should().Throw<ArgumentException>().WithMessage(message + " (Parameter 'inputs')");
        }
    }

    [Fact]
    public void Noise_that_does_not_fit_the_masks_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        var masks = new MaskBatch(new PatchGrid(8, 8), 2, 2, [0, 1, 2, 3], [10, 11, 12, 13, 14, 15, 16, 17]);
        const string needed = "; masks of 2 images, 2 target blocks and 2 patches per block need ";

        Refuse(zeros(2, 2, 3, 24), null, "The noise has shape [2,2,3,24]" + needed + "[2,2,2,P]. (Parameter 'noiseBMTP')");
        Refuse(zeros(2, 2, 24), null, "The noise has shape [2,2,24]" + needed + "[2,2,2,P]. (Parameter 'noiseBMTP')");
        Refuse(null, zeros(2, 2, 2, 1), "The signal scale has shape [2,2,2,1]" + needed + "[2,2,1,1]. (Parameter 'signalScaleBM11')");
        Refuse(zeros(2, 2, 2, 24, ScalarType.Float64), null, "The noise is Float64 on cpu; it must be Float32 on cpu. (Parameter 'noiseBMTP')");
        Refuse(Disposed(), null, "The noise tensor has been disposed. (Parameter 'noiseBMTP')");
        PositionNoiseBatch other = new PositionNoiseSampler(EdmNoise.Default, NoiseGranularity.SingleLevel, 24).Sample(0, 0, [1, 2], [1, 2, 3, 4], 1);
        Action create = () => JepaInputs.Create(masks, other, CPU);
        create.Should().Throw<ArgumentException>().WithMessage("The noise has shape [2,1,2,24]" + needed + "[2,2,2,P]. (Parameter 'noiseBMTP')");

        void Refuse(Tensor? noise, Tensor? scale, string message)
        {
            Action create = () => JepaInputs.Create(masks, noise, scale, CPU);
            create.Should().Throw<ArgumentException>().WithMessage(message);
        }
    }

    [Fact]
    public void A_disposed_model_says_so_wherever_it_is_used()
    {
        using DisposeScope scope = NewDisposeScope();
        JepaModel model = Small.IJepa().Build();
        Tensor images = Small.Images();
        JepaInputs inputs = model.SampleInputs(0, 0, Small.Samples);
        model.Dispose();

        foreach (Action use in new Action[]
        {
            () => model.Forward(images, inputs),
            () => model.SampleInputs(0, 0, Small.Samples),
            () => model.UpdateTeacher(0.5),
            model.ResetTeacher,
            () => model.SaveWeights("never-written.safetensors"),
            () => model.LoadWeights("never-read.safetensors"),
            () => model.Student.Encode(images),
            () => model.Teacher.EncodePooled(images),
            () => model.Student.Save("never-written.safetensors"),
        })
        {
            use.Should().Throw<ObjectDisposedException>();
        }
    }

    [Fact]
    public void Steps_and_samples_that_cannot_be_are_refused()
    {
        using JepaModel model = Small.NJepa().Build();
        Action none = () => model.SampleInputs(0, 0, []), negative = () => model.SampleInputs(0, -1, [1]);

        none.Should().Throw<ArgumentException>();
        negative.Should().Throw<ArgumentOutOfRangeException>();
    }

    private static Tensor Disposed()
    {
        Tensor tensor = zeros(1, 3, 32, 32);
        tensor.Dispose();
        return tensor;
    }
}
