using System.Globalization;

namespace NJepa.Models;

/// <summary>Reads a device's name against what there is. Knows nothing of TorchSharp, so that tests can put in any machine.</summary>
internal sealed record DeviceChoice
{
    internal required NativePlatform Platform { get; init; }

    internal required TorchBackend Backend { get; init; }

    internal required int CudaDeviceCount { get; init; }

    /// <summary>Where the backend lies; empty when unknown.</summary>
    internal string LibTorchLibraryPath { get; init; } = "";

    /// <summary>The value of CUDA_VISIBLE_DEVICES, or null.</summary>
    internal string? VisibleDevices { get; init; }

    /// <summary>The index of the CUDA device that <paramref name="device"/> names; -1 for the processor.</summary>
    internal int Resolve(string device)
    {
        string name = device.Trim().ToLowerInvariant();
        return name switch
        {
            "cpu" => -1,
            "auto" => CudaDeviceCount > 0 ? 0 : -1,
            "cuda" => Cuda(device, 0),
            _ when name.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index) => Cuda(device, index),
            _ => throw new ArgumentException(
                $"Device '{device}' is not known; it can be 'cpu', 'cuda', 'cuda:N' (N = 0 for the first GPU) or 'auto' (the first GPU if there is one, else the CPU).",
                nameof(device)),
        };
    }

    private int Cuda(string device, int index)
    {
        if (Backend == TorchBackend.Cpu)
        {
            string where = LibTorchLibraryPath.Length == 0 ? "" : $" ({LibTorchLibraryPath})";
            string remedy = Platform.CudaPackage is string package
                ? $"Reference {package} in place of TorchSharp-cpu (in NJepa's own repository: build with -p:TorchBackend={package["TorchSharp-".Length..]}), or ask for 'cpu' or 'auto'."
                : $"There is no CUDA for {Platform.Name}: ask for 'cpu' or 'auto'.";
            throw new NativeRuntimeException(
                NativeRuntimeCause.CudaBackendMissing,
                $"Device '{device}' was asked for, but the program runs on the CPU backend{where}. {remedy}");
        }

        if (CudaDeviceCount == 0)
        {
            string visible = VisibleDevices is null ? "" : $", and that CUDA_VISIBLE_DEVICES ('{VisibleDevices}') does not hide it";
            throw new NativeRuntimeException(
                NativeRuntimeCause.CudaDeviceMissing,
                $"Device '{device}' was asked for and the CUDA backend is loaded, but it finds no usable GPU. " +
                $"Check that nvidia-smi lists one, that the driver is recent enough for this libtorch, that a container was started with --gpus all{visible}; or ask for 'cpu' or 'auto'.");
        }

        if (index >= CudaDeviceCount)
        {
            throw new NativeRuntimeException(
                NativeRuntimeCause.CudaDeviceMissing,
                CudaDeviceCount == 1
                    ? $"Device '{device}' was asked for, but there is one CUDA device: cuda:0."
                    : string.Create(CultureInfo.InvariantCulture, $"Device '{device}' was asked for, but there are {CudaDeviceCount} CUDA devices: cuda:0 to cuda:{CudaDeviceCount - 1}."));
        }

        return index;
    }
}
