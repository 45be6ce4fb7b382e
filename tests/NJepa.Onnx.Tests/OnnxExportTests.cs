using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using NJepa.Evaluation;
using NJepa.Masking;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Onnx.Tests;

public sealed class OnnxExportTests : TensorTest, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("encoder.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 7)]
    [InlineData(true, 1)]
    [InlineData(true, 7)]
    public void A_model_computes_what_the_encoder_does(bool dynamic, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);

        OnnxExport.Save(encoder, File, new OnnxExportOptions { DynamicSize = dynamic }).Should().Equal(Path.GetFullPath(File));

        using var run = new OnnxRun(File);
        using Tensor images = Scrambled.Images(count, 3, 16, 16);
        var outputs = run.Run(images);
        outputs.Keys.Should().BeEquivalentTo("patch_features", "features");
        outputs["patch_features"].ShouldEqual(encoder.Encode(images));
        outputs["features"].ShouldEqual(encoder.EncodePooled(images));
    }

    [Theory]
    [InlineData(32, 1)]
    [InlineData(32, 7)]
    [InlineData(8, 7)]
    [InlineData(20, 1)]
    [InlineData(4, 1)]
    public void A_model_of_free_size_resamples_the_positions_as_the_encoder_does(int side, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small), resized = encoder.WithImageSize(side);
        OnnxExport.Save(encoder, File, new OnnxExportOptions { DynamicSize = true });

        using var run = new OnnxRun(File);
        Tensor images = Scrambled.Images(count, 3, side, side);
        var outputs = run.Run(images);
        outputs["patch_features"].ShouldEqual(resized.Encode(images));
        outputs["features"].ShouldEqual(resized.EncodePooled(images));
    }

    [Theory]
    [InlineData(8, 28)]
    [InlineData(36, 12)]
    public void Images_of_free_size_need_not_be_square(int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        ViT size = encoder.Configuration;
        OnnxExport.Save(encoder, File, new OnnxExportOptions { DynamicSize = true });

        Tensor images = Scrambled.Images(2, 3, height, width);
        var grid = new PatchGrid(height / size.PatchSize, width / size.PatchSize);
        Tensor x = encoder.Embed(Patches.FromImages(images, size.PatchSize)).view(2, -1, size.Width) + tensor(PositionTable.Resize(encoder.Positions(), size.Grid, grid), [grid.Count, size.Width]);
        for (int i = 0; i < size.Depth; i++)
        {
            x = encoder.Block(i).Forward(x);
        }

        using var run = new OnnxRun(File);
        run.Run(images)["patch_features"].ShouldEqual(encoder.FinalNorm.Forward(x));
    }

    [Theory]
    [InlineData(18, 16)]
    [InlineData(16, 19)]
    [InlineData(3, 3)]
    [InlineData(16, 2)]
    public void Images_that_are_not_whole_patches_are_refused_by_a_node_whose_name_says_why(int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        OnnxExport.Save(encoder, File, new OnnxExportOptions { DynamicSize = true });

        using var run = new OnnxRun(File);
        Tensor images = Scrambled.Images(1, 3, height, width);
        run.Invoking(r => r.Run(images)).Should().Throw<OnnxRuntimeException>().WithMessage("*height_and_width_must_be_multiples_of_4*");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_of_bytes_normalises_as_ImageNormalization_does(bool dynamic)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        var normalization = new ImageNormalization(0.1, 0.5, 0.7, 0.2, 0.3, 0.15);
        OnnxExport.Save(encoder, File, new OnnxExportOptions { Input = OnnxInput.UInt8Nhwc, Normalization = normalization, DynamicSize = dynamic });

        using var run = new OnnxRun(File);
        foreach (int count in (int[])[1, 7])
        {
            byte[] pixels = Scrambled.Bytes(count, 16);
            var outputs = run.Run(pixels, count, 16);
            Tensor images = normalization.ToTensor(pixels, count, 16, 16, CPU);
            outputs["patch_features"].ShouldEqual(encoder.Encode(images));
            outputs["features"].ShouldEqual(encoder.EncodePooled(images));
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void Pooled_features_of_several_layers_stand_side_by_side(int lastLayers, bool normAfterPooling)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small with { NormAfterPooling = normAfterPooling });
        OnnxExport.Save(encoder, File, new OnnxExportOptions { LastLayers = lastLayers });

        using var run = new OnnxRun(File);
        Tensor images = Scrambled.Images(7, 3, 16, 16);
        var outputs = run.Run(images);
        outputs["features"].ShouldEqual(encoder.EncodePooled(images, lastLayers));
        outputs["patch_features"].ShouldEqual(encoder.Encode(images));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_head_gives_logits_and_probabilities(int lastLayers)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        OnnxHead numbers = Scrambled.Head(5, lastLayers * 24);
        var classifier = new LinearClassifier(numbers.Labels, [.. numbers.Weights.ToArray().Select(weight => (double)weight)], [.. numbers.Bias.ToArray().Select(bias => (double)bias)]);

        OnnxExport.Save(encoder, File, new OnnxExportOptions { LastLayers = lastLayers, Head = new OnnxHead(classifier.ClassNames, classifier.Weights, classifier.Bias) });

        using var run = new OnnxRun(File);
        Tensor images = Scrambled.Images(7, 3, 16, 16), features = encoder.EncodePooled(images, lastLayers);
        Tensor logits = nn.functional.linear(features, tensor(numbers.Weights.ToArray(), [5, lastLayers * 24]), tensor(numbers.Bias.ToArray()));
        var outputs = run.Run(images);
        outputs.Keys.Should().BeEquivalentTo("patch_features", "features", "logits", "probabilities");
        outputs["logits"].ShouldEqual(logits);
        outputs["probabilities"].ShouldEqual(nn.functional.softmax(logits, 1));
        int[] predicted = classifier.Predict(new FeatureSet(MemoryMarshal.Cast<byte, float>(features.bytes).ToArray(), lastLayers * 24, [.. Enumerable.Repeat(-1, 7)], []));
        Enumerable.Range(0, 7).Select(i => Enumerable.Range(0, 5).MaxBy(label => outputs["logits"][i, label])).Should().Equal(predicted);
    }

    [Theory]
    [InlineData(OnnxOutputs.PatchFeatures, "patch_features")]
    [InlineData(OnnxOutputs.Features, "features")]
    [InlineData(OnnxOutputs.Logits, "logits")]
    [InlineData(OnnxOutputs.Probabilities, "probabilities")]
    [InlineData(OnnxOutputs.Features | OnnxOutputs.Probabilities, "features", "probabilities")]
    public void Only_the_outputs_asked_for_are_there(OnnxOutputs outputs, params string[] names)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        OnnxHead head = Scrambled.Head(3, 24);
        OnnxExport.Save(encoder, File, new OnnxExportOptions { Head = head, Outputs = outputs });

        using var run = new OnnxRun(File);
        Tensor images = Scrambled.Images(2, 3, 16, 16), features = encoder.EncodePooled(images);
        Tensor logits = nn.functional.linear(features, tensor(head.Weights.ToArray(), [3, 24]), tensor(head.Bias.ToArray()));
        var given = run.Run(images);
        given.Keys.Should().BeEquivalentTo(names);
        foreach ((string name, var numbers) in given)
        {
            numbers.ShouldEqual(name switch
            {
                "patch_features" => encoder.Encode(images),
                "features" => features,
                "logits" => logits,
                _ => nn.functional.softmax(logits, 1),
            });
        }
    }

    [Theory]
    [InlineData(OnnxInput.Float32Nchw, false)]
    [InlineData(OnnxInput.UInt8Nhwc, true)]
    public void In_float16_a_model_is_half_as_large_and_nearly_the_same(OnnxInput input, bool dynamic)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small with { Width = 96 });
        var options = new OnnxExportOptions { Input = input, DynamicSize = dynamic, LastLayers = 2, Head = Scrambled.Head(4, 192) };
        OnnxExport.Save(encoder, _folder.File("full.onnx"), options);
        OnnxExport.Save(encoder, File, options with { Precision = OnnxPrecision.Float16 });

        new FileInfo(File).Length.Should().BeInRange(new FileInfo(_folder.File("full.onnx")).Length * 45 / 100, new FileInfo(_folder.File("full.onnx")).Length * 60 / 100);
        using var run = new OnnxRun(File);
        foreach (int count in (int[])[1, 7])
        {
            byte[] pixels = Scrambled.Bytes(count, 16);
            Tensor images = ImageNormalization.ImageNet.ToTensor(pixels, count, 16, 16, CPU);
            var outputs = input == OnnxInput.UInt8Nhwc ? run.Run(pixels, count, 16) : run.Run(images);
            Tensor features = encoder.EncodePooled(images, 2);
            outputs["patch_features"].ShouldRoughlyEqual(encoder.Encode(images));
            outputs["features"].ShouldRoughlyEqual(features);
            outputs["logits"].ShouldRoughlyEqual(nn.functional.linear(features, tensor(options.Head.Weights.ToArray(), [4, 192]), tensor(options.Head.Bias.ToArray())));
        }
    }

    [Fact]
    public void Student_and_teacher_of_a_model_are_exported_from_where_they_lie()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = JepaBuilder.WithEncoder(Scrambled.Small with { ImageSize = 32 }).WithPredictor(new PredictorOptions { Width = 24, Depth = 1, Heads = 3 }).WithMasking(MultiBlockMasking.Reference with { MinKeep = 4 }).Build();
        Scrambled.Parameters(model.Student, 5);
        Scrambled.Parameters(model.Teacher, 6);
        Tensor images = Scrambled.Images(2, 3, 32, 32);
        foreach (ViTEncoder encoder in (ViTEncoder[])[model.Student, model.Teacher])
        {
            OnnxExport.Save(encoder, File);
            using var run = new OnnxRun(File);
            run.Run(images)["patch_features"].ShouldEqual(encoder.Encode(images));
        }
    }

    [Fact]
    public void An_encoder_with_positions_of_its_own_keeps_them()
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder original = Scrambled.Encoder(Scrambled.Small), encoder = original.WithImageSize(24);
        Tensor images = Scrambled.Images(2, 3, 24, 24);
        foreach (bool dynamic in (bool[])[false, true])
        {
            OnnxExport.Save(encoder, File, new OnnxExportOptions { DynamicSize = dynamic });
            using var run = new OnnxRun(File);
            run.Run(images)["patch_features"].ShouldEqual(encoder.Encode(images));
        }
    }
}
