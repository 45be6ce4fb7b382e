using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>The device that a network is built on, checked before anything is allocated there.</summary>
internal static class ModelDevice
{
    private static volatile bool _cudaIsThere;

    /// <summary>Throws where a tensor is to go to a GPU that is not there: TorchSharp would search for its libraries, copy some about and name the wrong cause.</summary>
    /// <exception cref="NativeRuntimeException">There is no such GPU; the message says why and what to do.</exception>
    public static void RequireUsable(Device device)
    {
        if (device.type == DeviceType.CUDA && !_cudaIsThere)
        {
            Checked(device);
            _cudaIsThere = true;
        }
    }

    /// <summary>Makes libtorch's matrix products those of a precision: it has one switch for the whole process, and its default differs between versions.</summary>
    public static void Use(Device device, Precision precision)
    {
        if (device.type == DeviceType.CUDA)
        {
            backends.cuda.matmul.allow_tf32 = precision == Precision.TensorFloat32;
            backends.cudnn.allow_tf32 = precision == Precision.TensorFloat32;
        }
    }

    public static Device Checked(Device? device)
    {
        NJepaRuntime.EnsureLoaded();
        switch (device?.type)
        {
            case null:
                return CPU;
            case DeviceType.CPU or DeviceType.MPS:
                return device;
            case DeviceType.CUDA:
                // Throws with the reason and the remedy where there is no such GPU.
                return NJepaRuntime.ResolveDevice(device.index >= 0 ? FormattableString.Invariant($"cuda:{device.index}") : "cuda");
            default:
                throw new ArgumentException($"The device is {device}; networks run on cpu or cuda. NJepaRuntime.ResolveDevice(\"auto\") chooses one.", nameof(device));
        }
    }
}
