using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa;

/// <summary>
/// Tensors from managed memory without a wait. A plain copy to a GPU waits until the GPU has done all that was asked of it before, once per copy: the next step could not be prepared
/// while this one is computed. From page-locked memory it is one more entry in the GPU's queue; libtorch keeps such memory back until the copy is done.
/// </summary>
internal static class DeviceUpload
{
    /// <summary>A tensor with these values on a device; it belongs to the caller or the caller's dispose scope.</summary>
    /// <param name="values">The values, row-major; they may change once the call has returned.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="type">The type of the values.</param>
    /// <param name="device">The device.</param>
    public static Tensor Send<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ScalarType type, Device device)
        where T : unmanaged
    {
        if (device.type == DeviceType.CUDA)
        {
            return Staged(values, shape, type, device, host => host.pin_memory());
        }

        Tensor tensor = Filled(values, shape, type);
        return device.type == DeviceType.CPU ? tensor : tensor.to(device, disposeAfter: true);
    }

    /// <summary>The way by page-locked memory, for any device; <paramref name="pin"/> makes the staging memory such.</summary>
    internal static Tensor Staged<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ScalarType type, Device device, Func<Tensor, Tensor> pin)
        where T : unmanaged
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pinned;
        using (Tensor host = empty(shape, type))
        {
            pinned = pin(host);
        }

        Fill(pinned, values);
        return pinned.to(device, non_blocking: true).MoveToOuterDisposeScope();
    }

    private static Tensor Filled<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ScalarType type)
        where T : unmanaged
    {
        Tensor tensor = empty(shape, type);
        Fill(tensor, values);
        return tensor;
    }

    private static void Fill<T>(Tensor tensor, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        values.CopyTo(MemoryMarshal.Cast<byte, T>(tensor.bytes));
    }
}
