using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Models;

/// <summary>
/// Linear layers in any precision. libtorch has quick bfloat16 products on CUDA and, by oneDNN, on x64 processors with AVX-512; elsewhere it falls back to a loop that is
/// tens of times slower than float32. There the operands are widened, multiplied in float32, and the result is rounded: the same sums in float32, the same rounding at the end.
/// </summary>
internal static class MatrixProducts
{
    /// <summary>Whether this processor's bfloat16 products are libtorch's quick ones. Tests set it to see both ways.</summary>
    internal static bool ProcessorHasBFloat16 { get; set; } = Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;

    /// <summary>Whether products with these parameters are to be widened.</summary>
    public static bool ArePromoted(Tensor parameters) =>
        parameters.dtype == ScalarType.BFloat16 && parameters.device_type == DeviceType.CPU && !ProcessorHasBFloat16;

    public static Tensor Linear(Tensor x, Tensor weight, Tensor bias, bool promoted)
    {
        if (!promoted)
        {
            return functional.linear(x, weight, bias);
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor wide = functional.linear(x.to_type(ScalarType.Float32), weight.to_type(ScalarType.Float32), bias.to_type(ScalarType.Float32));
        return wide.to_type(ScalarType.BFloat16).MoveToOuterDisposeScope();
    }

    /// <summary>The tensor in a type: itself where it has that already.</summary>
    public static Tensor As(this Tensor tensor, ScalarType type) => tensor.dtype == type ? tensor : tensor.to_type(type);
}
