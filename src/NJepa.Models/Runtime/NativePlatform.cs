using System.Runtime.InteropServices;

namespace NJepa.Models;

/// <summary>The platform of the process and what TorchSharp calls its libraries there.</summary>
internal sealed record NativePlatform(string Name)
{
    internal static NativePlatform Current { get; } = new(CurrentName());

    internal bool IsWindows => Name.StartsWith("win-", StringComparison.Ordinal);

    internal bool IsMac => Name.StartsWith("osx-", StringComparison.Ordinal);

    /// <summary>The platforms for which both TorchSharp and a libtorch package exist.</summary>
    internal bool IsSupported => Name is "linux-x64" or "win-x64" or "osx-arm64";

    internal string TorchSharpLibrary => FileName("LibTorchSharp");

    internal string LibTorchLibrary => FileName("torch_cpu");

    internal string CudaLibrary => FileName("torch_cuda");

    /// <summary>The package that adds CUDA, or null where CUDA does not exist.</summary>
    internal string? CudaPackage => Name switch
    {
        "linux-x64" => "TorchSharp-cuda-linux",
        "win-x64" => "TorchSharp-cuda-windows",
        _ => null,
    };

    private string FileName(string name) => IsWindows ? name + ".dll" : IsMac ? $"lib{name}.dylib" : $"lib{name}.so";

    private static string CurrentName()
    {
        string processor = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.X86 => "x86",
            Architecture.Arm64 => "arm64",
            Architecture.Arm => "arm",
            Architecture other => other.ToString(),
        };
        string runtime = RuntimeInformation.RuntimeIdentifier;
        string system = OperatingSystem.IsWindows() ? "win"
            : OperatingSystem.IsMacOS() ? "osx"
            : runtime.Contains("musl", StringComparison.Ordinal) || runtime.StartsWith("alpine", StringComparison.Ordinal) ? "linux-musl"
            : OperatingSystem.IsLinux() ? "linux"
            : runtime;
        return $"{system}-{processor}";
    }
}
