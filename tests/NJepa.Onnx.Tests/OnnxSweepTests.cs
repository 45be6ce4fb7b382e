using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Onnx.Tests;

public sealed class OnnxSweepTests : TensorTest, IDisposable
{
    private const int Configurations = 300;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Networks_of_all_sizes_agree_with_all_options()
    {
        var random = new Random(20);
        string file = _folder.File("encoder.onnx");
        for (int i = 0; i < Configurations; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            ViT size = Size(random);
            OnnxExportOptions options = Options(random, size);
            using ViTEncoder encoder = Scrambled.Encoder(size, i);
            string what = $"configuration {i} is {size}, {options}";
            OnnxExport.Save(encoder, file, options, random.Next(3) == 0 ? 0 : long.MaxValue);
            Compare(encoder, file, options, random, what);
        }
    }

    private static ViT Size(Random random)
    {
        int heads = random.Next(1, 5), patch = random.Next(1, 9);
        return new ViT
        {
            Heads = heads,
            Width = 4 * heads * random.Next(1, 6),
            Depth = random.Next(1, 4),
            PatchSize = patch,
            ImageSize = patch * random.Next(1, 7),
            MlpRatio = 0.5 + (4 * random.NextDouble()),
            Channels = random.Next(1, 5),
            NormAfterPooling = random.Next(5) == 0,
        };
    }

    private static OnnxExportOptions Options(Random random, ViT size)
    {
        int lastLayers = random.Next(1, size.Depth + 1);
        return new OnnxExportOptions
        {
            Input = size.Channels == 3 && random.Next(2) == 0 ? OnnxInput.UInt8Nhwc : OnnxInput.Float32Nchw,
            DynamicSize = random.Next(2) == 0,
            Precision = random.Next(4) == 0 ? OnnxPrecision.Float16 : OnnxPrecision.Float32,
            LastLayers = lastLayers,
            Head = random.Next(2) == 0 ? Scrambled.Head(random.Next(1, 6), lastLayers * size.Width, random.Next()) : null,
        };
    }

    private static void Compare(ViTEncoder encoder, string file, OnnxExportOptions options, Random random, string what)
    {
        ViT size = encoder.Configuration;
        int count = random.Next(1, 4), side = options.DynamicSize ? size.PatchSize * random.Next(1, 7) : size.ImageSize;
        using ViTEncoder resized = encoder.WithImageSize(side);
        byte[] pixels = Scrambled.Bytes(count, side, random.Next());
        bool bytes = options.Input == OnnxInput.UInt8Nhwc;
        Tensor images = bytes ? options.Normalization.ToTensor(pixels, count, side, side, CPU) : Scrambled.Images(count, size.Channels, side, side, random.Next());
        using var run = new OnnxRun(file);
        var outputs = bytes ? run.Run(pixels, count, side) : run.Run(images);
        outputs.Should().HaveCount(options.Head is null ? 2 : 4, what);
        Tensor features = resized.EncodePooled(images, options.LastLayers);
        Check("patch_features", resized.Encode(images));
        Check("features", features);
        if (options.Head is { } head)
        {
            Tensor logits = nn.functional.linear(features, tensor(head.Weights.ToArray(), [head.Labels.Count, head.Width]), tensor(head.Bias.ToArray()));
            Check("logits", logits);
            Check("probabilities", nn.functional.softmax(logits, 1));
        }

        void Check(string output, Tensor expected)
        {
            if (options.Precision == OnnxPrecision.Float16)
            {
                outputs[output].ShouldRoughlyEqual(expected, what);
            }
            else
            {
                outputs[output].ShouldEqual(expected, what);
            }
        }
    }
}
