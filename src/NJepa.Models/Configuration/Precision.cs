using System.Diagnostics.CodeAnalysis;

namespace NJepa.Models;

/// <summary>
/// The numbers that the networks compute with. Master weights, gradients that accumulate, the optimizer's moments, losses and saved files are float32 in every case.
/// </summary>
[SuppressMessage("Naming", "CA1720", Justification = "The types' own names.")]
public enum Precision
{
    /// <summary>IEEE float32 throughout; on CUDA without TF32.</summary>
    Float32,

    /// <summary>Float32 whose matrix products a GPU of the Ampere generation or later rounds to TF32 (10 bits of mantissa). On a CPU the same as <see cref="Float32"/>.</summary>
    TensorFloat32,

    /// <summary>
    /// Activations and the weights that the networks read are bfloat16 (8 bits of mantissa, the range of float32): half the memory, and fast where processor or GPU has such instructions.
    /// LayerNorm statistics, softmax, sums of matrix products and losses stay float32.
    /// </summary>
    /// <remarks>
    /// Each step ends with one copy from the float32 master weights. On a processor without bfloat16 instructions (x64 without AVX-512, Arm) matrix products are computed in
    /// float32 on rounded numbers: the results are those of bfloat16, the speed is not; see <see cref="NJepaRuntime.HasFastBFloat16(TorchSharp.torch.Device)"/>.
    /// </remarks>
    BFloat16,
}
