using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation.Tests;

/// <summary>Features that are kept in a file.</summary>
public sealed class FeatureFileTests : TensorTest, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("njepa-features-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "features.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Features_read_back_to_the_bit()
    {
        var set = new FeatureSet([1.5f, float.Epsilon, -0f, 3e38f, 0.1f, -7], 2, [1, FeatureSet.Unlabelled, 0], ["Hündin", "a \"quoted\" name"], [9, 4, 2]);

        set.Save(Path);
        FeatureSet back = FeatureSet.Load(Path);

        back.Values.Select(BitConverter.SingleToInt32Bits).Should().Equal(set.Values.Select(BitConverter.SingleToInt32Bits));
        back.Width.Should().Be(2);
        back.Labels.Should().Equal(set.Labels);
        back.ClassNames.Should().Equal(set.ClassNames);
        back.SourceIndices.Should().Equal(set.SourceIndices);
    }

    [Fact]
    public void A_file_of_something_else_is_refused()
    {
        using ViTEncoder encoder = ViTEncoder.Create(ViT.Nano4);
        encoder.Save(Path);
        Action load = () => FeatureSet.Load(Path);
        load.Should().Throw<EvaluationException>().WithMessage("'*features.safetensors' holds no features; *");

        File.WriteAllText(Path, "nothing of the kind");
        load.Should().Throw<WeightsException>();
        File.Delete(Path);
        load.Should().Throw<FileNotFoundException>();
    }

    [Theory]
    [InlineData("labels", "should hold 'labels' as Int32 with 1 dimensions, and does not hold it.")]
    [InlineData("type", "should hold 'features' as Float32 with 2 dimensions, and has it as Float64 of shape [2,2].")]
    [InlineData("label", "holds features that do not fit together: *Label 1 is 5; with 2 classes it must be from 0 to 1, or -1 for an unlabelled image.*")]
    [InlineData("count", "holds features that do not fit together: *There are 4 values, but 3 labels x width 2 makes 6.*")]
    [InlineData("classes", "holds features that do not fit together: *")]
    public void What_does_not_fit_together_is_named(string fault, string message)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = fault == "type" ? zeros(2, 2, ScalarType.Float64) : zeros(2, 2);
        int[] values = fault switch { "label" => [0, 5], "count" => [0, 1, 1], _ => [0, 1] };
        Tensor labels = tensor(values);
        var tensors = new Dictionary<string, Tensor> { ["features"] = features, ["labels"] = labels, ["source_indices"] = labels };
        if (fault == "labels")
        {
            tensors.Remove("labels");
        }

        SafetensorsFile.Write(Path, tensors, new Dictionary<string, string> { ["njepa.content"] = "features", ["njepa.classes"] = fault == "classes" ? "{" : "[\"a\",\"b\"]" });
        Action load = () => FeatureSet.Load(Path);

        load.Should().Throw<EvaluationException>().WithMessage($"*{message}*");
    }
}
