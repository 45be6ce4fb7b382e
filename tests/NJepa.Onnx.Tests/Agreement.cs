using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Onnx.Tests;

internal static class Agreement
{
    /// <summary>The shape is the same and no number differs by more than 1e-4 (of 1 or of itself).</summary>
    public static void ShouldEqual(this DenseTensor<float> actual, torch.Tensor expected, string because = "")
    {
        (float[] a, float[] e) = Numbers(actual, expected, because);
        double worst = a.Zip(e, (x, y) => Math.Abs(x - y) / Math.Max(1, Math.Abs(y))).Max();
        worst.Should().BeLessThan(1e-4, because);
    }

    /// <summary>The shape is the same and the difference's length is less than 1e-2 of the expected vector's.</summary>
    public static void ShouldRoughlyEqual(this DenseTensor<float> actual, torch.Tensor expected, string because = "")
    {
        (float[] a, float[] e) = Numbers(actual, expected, because);
        double difference = Math.Sqrt(a.Zip(e, (x, y) => (double)(x - y) * (x - y)).Sum()), length = Math.Sqrt(e.Sum(y => (double)y * y));
        (difference / length).Should().BeLessThan(1e-2, because);
    }

    private static (float[] Actual, float[] Expected) Numbers(DenseTensor<float> actual, torch.Tensor expected, string because)
    {
        actual.Dimensions.ToArray().Should().Equal(expected.shape.Select(side => (int)side), because);
        float[] a = actual.ToArray(), e = MemoryMarshal.Cast<byte, float>(expected.contiguous().bytes).ToArray();
        a.Should().OnlyContain(x => float.IsFinite(x), because);
        return (a, e);
    }
}
