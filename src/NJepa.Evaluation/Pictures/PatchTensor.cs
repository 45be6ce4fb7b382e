using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Patch features as a user gives them.</summary>
internal static class PatchTensor
{
    /// <summary>The values [N,L,D], row-major.</summary>
    /// <exception cref="ArgumentException">It has not three dimensions, or no values.</exception>
    public static float[] ToArray(Tensor patchesNLD)
    {
        ArgumentNullException.ThrowIfNull(patchesNLD);
        if (patchesNLD.IsInvalid || patchesNLD.is_sparse || patchesNLD.device_type == DeviceType.META)
        {
            throw new ArgumentException("The patches' tensor has been disposed, is sparse or has no values; give dense patch features, such as ViTEncoder.Encode returns.", nameof(patchesNLD));
        }

        if (patchesNLD.dim() != 3)
        {
            throw new ArgumentException($"The tensor has {patchesNLD.dim()} dimensions; patch features have three: [N,L,D].", nameof(patchesNLD));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        Tensor single = patchesNLD.detach().to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(single.bytes).ToArray();
    }
}
