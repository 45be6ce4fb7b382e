using System.Globalization;

namespace NJepa.Models;

/// <summary>What the native runtime is, as loaded into this process. <see cref="NJepaRuntime.GetInfo"/> makes it.</summary>
public sealed record NativeRuntimeInfo
{
    /// <summary>The platform of the process, such as <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>The version of the TorchSharp assembly, such as <c>0.107.0</c>.</summary>
    public required string TorchSharpVersion { get; init; }

    /// <summary>The version of the loaded libtorch, such as <c>2.10.0</c>, read from the library itself.</summary>
    public required string LibTorchVersion { get; init; }

    /// <summary>The backend in use.</summary>
    public required TorchBackend Backend { get; init; }

    /// <summary>Full path of TorchSharp's native library; empty when the system does not tell.</summary>
    public required string TorchSharpLibraryPath { get; init; }

    /// <summary>Full path of libtorch's main library; empty when the system does not tell.</summary>
    public required string LibTorchLibraryPath { get; init; }

    /// <summary>Whether tensors can be put on a CUDA device.</summary>
    public bool IsCudaAvailable => CudaDeviceCount > 0;

    /// <summary>The number of CUDA devices that can be used; 0 on the CPU backend.</summary>
    public required int CudaDeviceCount { get; init; }

    /// <summary>The number of threads that one tensor operation may use on the processor.</summary>
    public required int Threads { get; init; }

    /// <summary>The number of threads for operations that run beside each other.</summary>
    public required int InteropThreads { get; init; }

    /// <summary>The report as one line of text.</summary>
    public override string ToString()
    {
        string cuda = Backend == TorchBackend.Cpu
            ? "CPU backend"
            : string.Create(CultureInfo.InvariantCulture, $"CUDA backend with {CudaDeviceCount} usable device{(CudaDeviceCount == 1 ? "" : "s")}");
        string where = LibTorchLibraryPath.Length == 0 ? "" : $", from {Path.GetDirectoryName(LibTorchLibraryPath)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"TorchSharp {TorchSharpVersion} on libtorch {LibTorchVersion}, {cuda}, {Platform}, {Threads} thread{(Threads == 1 ? "" : "s")}{where}");
    }
}
