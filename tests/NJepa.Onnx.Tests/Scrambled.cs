using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Onnx.Tests;

/// <summary>Encoders and heads none of whose numbers is 0 or 1, so that one that is forgotten or misplaced is seen.</summary>
internal static class Scrambled
{
    public static readonly ViT Small = new() { ImageSize = 16, PatchSize = 4, Width = 24, Depth = 3, Heads = 3, MlpRatio = 3 };

    public static ViTEncoder Encoder(ViT size, int seed = 1)
    {
        ViTEncoder encoder = ViTEncoder.Create(size);
        Parameters(encoder, seed);
        return encoder;
    }

    public static void Parameters(ViTEncoder encoder, int seed)
    {
        var random = new Random(seed);
        using IDisposable noGradient = no_grad();
        foreach (ModelParameter parameter in encoder.Parameters.Parameters)
        {
            using DisposeScope scope = NewDisposeScope();
            bool isMatrix = parameter.Shape.Count > 1, isNorm = parameter.Name.Contains("norm", StringComparison.Ordinal) && parameter.Name.EndsWith("weight", StringComparison.Ordinal);
            float spread = isMatrix ? (float)(1.5 / Math.Sqrt(parameter.Value.NumberOfElements / parameter.Shape[0])) : 0.3f, centre = isNorm ? 1 : 0;
            parameter.Value.copy_(tensor(Numbers(random, (int)parameter.Value.NumberOfElements, spread, centre), [.. parameter.Shape]));
        }
    }

    public static OnnxHead Head(int labels, int width, int seed = 2)
    {
        var random = new Random(seed);
        double[] Doubles(int count) => Array.ConvertAll(Numbers(random, count, 1, 0), value => (double)value);
        return new OnnxHead([.. Enumerable.Range(0, labels).Select(label => $"class {label}")], Doubles(labels * width), Doubles(labels));
    }

    public static float[] Numbers(Random random, int count, float spread, float centre)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = centre + (spread * ((2 * random.NextSingle()) - 1));
        }

        return numbers;
    }

    public static Tensor Images(int count, int channels, int height, int width, int seed = 3) =>
        tensor(Numbers(new Random(seed), count * channels * height * width, 2, 0), [count, channels, height, width]);

    public static byte[] Bytes(int count, int side, int seed = 4)
    {
        var bytes = new byte[count * side * side * 3];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
