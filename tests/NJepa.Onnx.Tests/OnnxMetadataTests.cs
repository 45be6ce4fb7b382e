using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using NJepa.Models;

namespace NJepa.Onnx.Tests;

public sealed class OnnxMetadataTests : TensorTest, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("encoder.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_says_what_it_is()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        var options = new OnnxExportOptions
        {
            Input = OnnxInput.UInt8Nhwc,
            Normalization = new ImageNormalization(0.1, 0.5, 0.7, 0.2, 0.3, 0.15),
            LastLayers = 2,
            Head = new OnnxHead(["Hund \"Bello\"", "кошка"], new double[96], new double[2]),
            Outputs = OnnxOutputs.Features | OnnxOutputs.Logits | OnnxOutputs.Probabilities,
        };
        OnnxExport.Save(encoder, File, options);

        using var run = new OnnxRun(File);
        IReadOnlyDictionary<string, string> metadata = run.Metadata;
        metadata.Should().HaveCount(10);
        metadata["njepa.version"].Should().MatchRegex(@"^\d+\.\d+\.\d+[^+]*$");
        JsonSerializer.Deserialize<ViT>(metadata["njepa.vit"]).Should().Be(Scrambled.Small);
        metadata["njepa.input"].Should().Be("uint8-nhwc");
        metadata["njepa.dynamic_size"].Should().Be("false");
        metadata["njepa.precision"].Should().Be("float32");
        metadata["njepa.last_layers"].Should().Be("2");
        metadata["njepa.mean"].Should().Be("[0.1,0.5,0.7]");
        metadata["njepa.std"].Should().Be("[0.2,0.3,0.15]");
        JsonSerializer.Deserialize<string[]>(metadata["njepa.labels"]).Should().Equal("Hund \"Bello\"", "кошка");
        JsonSerializer.Deserialize<Dictionary<string, string>>(metadata["njepa.outputs"]).Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["features"] = "[batch, 48] features of each image: of the last 2 layers, the earliest first, the mean over the patches after the final LayerNorm.",
            ["logits"] = "[batch, 2] scores of the labels by a linear head on the features.",
            ["probabilities"] = "[batch, 2] probabilities of the labels: the softmax of the scores.",
        });
        run.Session.ModelMetadata.ProducerName.Should().Be("NJepa");
        run.Session.ModelMetadata.GraphDescription.Should().Be(Scrambled.Small.ToString());
    }

    [Fact]
    public void What_a_model_does_not_have_is_not_in_its_metadata()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small with { Channels = 1 });
        OnnxExport.Save(encoder, File, new OnnxExportOptions { DynamicSize = true, Precision = OnnxPrecision.Float16 });

        using var run = new OnnxRun(File);
        run.Metadata.Keys.Should().BeEquivalentTo("njepa.version", "njepa.vit", "njepa.input", "njepa.dynamic_size", "njepa.precision", "njepa.last_layers", "njepa.outputs");
        run.Metadata["njepa.input"].Should().Be("float32-nchw");
        run.Metadata["njepa.dynamic_size"].Should().Be("true");
        run.Metadata["njepa.precision"].Should().Be("float16");
        JsonSerializer.Deserialize<Dictionary<string, string>>(run.Metadata["njepa.outputs"]).Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["patch_features"] = "[batch, patches, 24] features of each patch, row by row, after the final LayerNorm.",
            ["features"] = "[batch, 24] features of each image: the mean over the patches after the final LayerNorm.",
        });
    }

    [Theory]
    [InlineData(OnnxInput.Float32Nchw, false, typeof(float), new[] { -1, 3, 16, 16 }, new[] { "batch", "", "", "" }, 16)]
    [InlineData(OnnxInput.Float32Nchw, true, typeof(float), new[] { -1, 3, -1, -1 }, new[] { "batch", "", "height", "width" }, -1)]
    [InlineData(OnnxInput.UInt8Nhwc, false, typeof(byte), new[] { -1, 16, 16, 3 }, new[] { "batch", "", "", "" }, 16)]
    [InlineData(OnnxInput.UInt8Nhwc, true, typeof(byte), new[] { -1, -1, -1, 3 }, new[] { "batch", "height", "width", "" }, -1)]
    public void Input_and_outputs_have_sides_that_are_known_or_named(OnnxInput input, bool dynamic, Type type, int[] sides, string[] names, int patches)
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        OnnxExport.Save(encoder, File, new OnnxExportOptions { Input = input, DynamicSize = dynamic, Precision = OnnxPrecision.Float16, Head = Scrambled.Head(5, 24) });

        using var run = new OnnxRun(File);
        run.Session.InputMetadata.Keys.Should().Equal("images");
        NodeMetadata images = run.Session.InputMetadata["images"];
        images.ElementType.Should().Be(type);
        images.Dimensions.Should().Equal(sides);
        images.SymbolicDimensions.Should().Equal(names);
        IReadOnlyDictionary<string, NodeMetadata> outputs = run.Session.OutputMetadata;
        outputs.Values.Should().OnlyContain(output => output.ElementType == typeof(float) && output.SymbolicDimensions[0] == "batch");
        outputs["patch_features"].Dimensions.Should().Equal(-1, patches, 24);
        outputs["features"].Dimensions.Should().Equal(-1, 24);
        outputs["logits"].Dimensions.Should().Equal(-1, 5);
        outputs["probabilities"].Dimensions.Should().Equal(-1, 5);
    }
}
