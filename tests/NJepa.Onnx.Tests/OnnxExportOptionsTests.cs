using NJepa.Models;

namespace NJepa.Onnx.Tests;

public sealed class OnnxExportOptionsTests : TensorTest
{
    [Fact]
    public void The_defaults_are_the_encoder_as_it_is()
    {
        var options = new OnnxExportOptions();
        options.Input.Should().Be(OnnxInput.Float32Nchw);
        options.Normalization.Should().Be(ImageNormalization.ImageNet);
        options.DynamicSize.Should().BeFalse();
        options.Precision.Should().Be(OnnxPrecision.Float32);
        options.LastLayers.Should().Be(1);
        options.Head.Should().BeNull();
        options.Outputs.Should().BeNull();
        options.Validate(ViT.Base16).Should().BeEmpty();
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var options = new OnnxExportOptions
        {
            Input = OnnxInput.UInt8Nhwc, Normalization = null!, Precision = (OnnxPrecision)7, LastLayers = 4, Outputs = OnnxOutputs.Logits | OnnxOutputs.Features,
        };
        using ViTEncoder encoder = ViTEncoder.Create(Scrambled.Small with { Channels = 4 });

        encoder.Invoking(e => OnnxExport.Save(e, "never-written.onnx", options)).Should().Throw<ArgumentException>().WithParameterName("options").WithMessage(
            """
            The encoder cannot be exported with these options:
            - Input is UInt8Nhwc, which is for RGB; the encoder takes 4 channels. Use OnnxInput.Float32Nchw.
            - Normalization is null; use that of the pretraining, ImageNormalization.ImageNet by default.
            - Precision is 7; it must be OnnxPrecision.Float32 or OnnxPrecision.Float16.
            - LastLayers is 4; the encoder has 3 layers, so it must be from 1 to 3.
            - Outputs has Logits, but there is no head; set Head, or leave these outputs out.*
            """.ReplaceLineEndings("\n"));
        File.Exists("never-written.onnx").Should().BeFalse();
    }

    [Fact]
    public void Values_that_name_nothing_are_refused()
    {
        new OnnxExportOptions { Input = (OnnxInput)2 }.Validate(Scrambled.Small).Should().Equal("Input is 2; it must be OnnxInput.Float32Nchw or OnnxInput.UInt8Nhwc.");
        new OnnxExportOptions { Outputs = OnnxOutputs.None }.Validate(Scrambled.Small).Should().Equal("Outputs is None; choose at least one of PatchFeatures, Features, Logits and Probabilities.");
        new OnnxExportOptions { Outputs = (OnnxOutputs)17 }.Validate(Scrambled.Small).Should().Equal("Outputs is 17; it must be a combination of PatchFeatures, Features, Logits and Probabilities.");
        new OnnxExportOptions { LastLayers = 0 }.Validate(Scrambled.Small).Should().Equal("LastLayers is 0; the encoder has 3 layers, so it must be from 1 to 3.");
    }

    [Fact]
    public void A_head_of_another_width_is_refused_with_the_way_out()
    {
        new OnnxExportOptions { Head = Scrambled.Head(3, 48) }.Validate(Scrambled.Small).Should().Equal(
            "The head takes 48 features, but the encoder of width 24 gives 24 (LastLayers = 1). Set LastLayers to 2, if that is what the head was trained on.");
        new OnnxExportOptions { Head = Scrambled.Head(3, 25), LastLayers = 2 }.Validate(Scrambled.Small).Should().Equal(
            "The head takes 25 features, but the encoder of width 24 gives 48 (LastLayers = 2). Use the head that was trained on this encoder's features.");
        new OnnxExportOptions { Head = Scrambled.Head(3, 96) }.Validate(Scrambled.Small).Should().Equal(
            "The head takes 96 features, but the encoder of width 24 gives 24 (LastLayers = 1). Use the head that was trained on this encoder's features.");
    }

    [Fact]
    public void A_head_keeps_its_numbers()
    {
        double[] weights = [1, 2, 3, 4, 5, 6], bias = [7, 8];
        var head = new OnnxHead(["a", "b"], weights, bias);
        weights[0] = 100;
        head.Labels.Should().Equal("a", "b");
        head.Width.Should().Be(3);
        head.Weights.ToArray().Should().Equal(1, 2, 3, 4, 5, 6);
        head.Bias.ToArray().Should().Equal(7, 8);
    }

    [Fact]
    public void A_head_whose_numbers_do_not_fit_is_refused()
    {
        Problems(["a", " ", "b", "b"], [1, double.NaN, 3, 4, 5], [1, 2, 1e39]).Should().Be(
            """
            The head is not valid:
            - There are 5 weights for 4 labels; give the same number, at least 1, for each label.
            - There are 3 numbers in the bias for 4 labels; give one for each.
            - Weight 1 is NaN; it must be a finite float32 number.
            - The bias of label 2 is 1E+39; it must be a finite float32 number.
            - Label 1 is empty; give it a name.
            - Label 'b' is there 2 times; each must be there once. (Parameter 'weights')
            """.ReplaceLineEndings("\n"));
        Problems([], [], []).Should().Be("The head is not valid:\n- There are no labels; give at least one. (Parameter 'weights')");
        Problems(["a"], [], [1]).Should().Contain("There are 0 weights for 1 labels");
        Problems(["a\ud800", "\udc00b", "\ud83d\ude00"], [1, 2, 3], [1, 2, 3]).Should().Be("The head is not valid:\n- Label 0 has half of a surrogate pair, which no file keeps; give it another name.\n- Label 1 has half of a surrogate pair, which no file keeps; give it another name. (Parameter 'weights')");
        string[] twice = [.. Enumerable.Range(0, 5000).SelectMany(i => Enumerable.Repeat($"label {i}", 2))];
        Problems(twice, [.. twice.Select(_ => 1.0)], [.. twice.Select(_ => 1.0)]).Should().Contain("5000 labels are there more than once").And.Subject.Length.Should().BeLessThan(2000);

        static string Problems(string[] labels, double[] weights, double[] bias) =>
            FluentActions.Invoking(() => new OnnxHead(labels, weights, bias)).Should().Throw<ArgumentException>().Which.Message;
    }
}
