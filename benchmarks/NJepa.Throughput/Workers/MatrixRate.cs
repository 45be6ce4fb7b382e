using System.Diagnostics;
using NJepa.Models;
using NJepa.Throughput.Comparing;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Throughput.Workers;

/// <summary>The rate of a large matrix product in the type of the step: what the machine could do if a step were nothing else.</summary>
internal static class MatrixRate
{
    private const int Products = 5;

    /// <summary>GFLOP/s, the median of a few products in a row.</summary>
    public static double Measure(Precision precision, Device device)
    {
        ScalarType type = precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        int side = device.type == DeviceType.CUDA ? 8192 : 2048;

        // Without quick bfloat16 products NJepa computes them in float32: that is the rate to compare with.
        type = NJepaRuntime.HasFastBFloat16(device) ? type : ScalarType.Float32;
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor a = randn(side, side, device: device).to_type(type), b = randn(side, side, device: device).to_type(type);
        var rates = new List<double>();
        for (int i = 0; i <= Products; i++)
        {
            using DisposeScope one = NewDisposeScope();
            Wait(device);
            long start = Stopwatch.GetTimestamp();
            a.mm(b);
            Wait(device);
            double rate = 2.0 * side * side * side / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
            if (i > 0)
            {
                rates.Add(rate);
            }
        }

        return Median.Of(rates);
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }
}
