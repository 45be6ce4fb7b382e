using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>The device that a network is built on, checked before anything is allocated there.</summary>
internal static class ModelDevice
{
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
