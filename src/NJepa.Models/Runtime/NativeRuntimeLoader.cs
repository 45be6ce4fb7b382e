using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace NJepa.Models;

/// <summary>
/// Loads what TorchSharp would load, in its order, before TorchSharp does. When it works, TorchSharp finds the libraries in the process; when it
/// does not, the loader's own words are at hand, and TorchSharp never gets to copy files about.
/// </summary>
internal static class NativeRuntimeLoader
{
    internal static string TorchSharpVersion { get; } = ReadTorchSharpVersion();

    /// <summary>The libtorch that this TorchSharp was made for.</summary>
    internal static string ExpectedLibTorchVersion { get; } = ReadExpectedLibTorchVersion();

    /// <exception cref="NativeRuntimeException">The libraries cannot be loaded.</exception>
    internal static void Load()
    {
        NativeSurroundings facts = NativeSurroundings.Current(TorchSharpVersion, ExpectedLibTorchVersion, []);
        bool cuda = facts.Find(facts.Platform.CudaLibrary) is not null;

        // On Windows TorchSharp loads half a dozen CUDA libraries first, in an order that matters; notebooks have each package in its own folder,
        // which only TorchSharp knows to bring together. Both are left to it.
        bool leaveToTorchSharp = IsInPackageFolder(typeof(torch).Assembly)
            || (cuda && facts.Platform.IsWindows && facts.Find(facts.Platform.TorchSharpLibrary) is not null);
        if (!leaveToTorchSharp)
        {
            // libtorch asks once, when it is loaded, whether CUDA is there.
            if (cuda)
            {
                TryLoad("torch_cuda");
            }

            TryLoad("torch_cpu");
            try
            {
                NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                throw NativeRuntimeDiagnosis.Explain(facts with { LoaderMessages = Lines(exception.Message) }, exception);
            }
        }

        try
        {
            if (cuda)
            {
                torch.TryInitializeDeviceType(DeviceType.CUDA);
            }

            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception exception) when (exception is NotSupportedException or TypeInitializationException or DllNotFoundException or BadImageFormatException or IOException)
        {
            throw NativeRuntimeDiagnosis.Explain(facts with { LoaderMessages = Lines(exception.Message) }, exception);
        }
    }

    /// <summary>The full path of a loaded library, or an empty string.</summary>
    internal static string LoadedPath(string fileName)
    {
        using Process process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            using (module)
            {
                if (string.Equals(Path.GetFileName(module.FileName), fileName, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
                {
                    return module.FileName;
                }
            }
        }

        return "";
    }

    /// <summary>The version that the loaded libtorch gives of itself, or the expected one where it cannot be asked.</summary>
    internal static string ReadLibTorchVersion()
    {
        if (TryLoad("torch_cpu") is nint library
            && NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out nint address))
        {
            ulong version = Marshal.GetDelegateForFunctionPointer<AbiVersion>(address)();
            return FormattableString.Invariant($"{version >> 56}.{(version >> 48) & 0xff}.{(version >> 40) & 0xff}");
        }

        return ExpectedLibTorchVersion;
    }

    private static nint? TryLoad(string name) =>
        NativeLibrary.TryLoad(name, typeof(torch).Assembly, null, out nint handle) ? handle : null;

    /// <summary>Whether TorchSharp.dll lies in a package folder (torchsharp/version/lib/framework), as in notebooks.</summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "In a single-file program the location is empty, and there is no package folder.")]
    private static bool IsInPackageFolder(Assembly assembly)
    {
        string assemblyPath = assembly.Location;
        DirectoryInfo? lib = assemblyPath.Length == 0 ? null : Directory.GetParent(assemblyPath)?.Parent;
        return lib?.Name == "lib" && string.Equals(lib.Parent?.Parent?.Name, "torchsharp", StringComparison.OrdinalIgnoreCase);
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string ReadTorchSharpVersion()
    {
        Assembly assembly = typeof(torch).Assembly;
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? assembly.GetName().Version?.ToString(3)
            ?? "";
        return version.Split('+')[0];
    }

    /// <summary>What torch.__version__ says. Asking it would start TorchSharp's own loading, copying included; the constant behind it does not.</summary>
    private static string ReadExpectedLibTorchVersion()
    {
        object? constant = typeof(torch).GetField("libtorchPackageVersion", BindingFlags.Static | BindingFlags.NonPublic)?.GetRawConstantValue();
        return Version.TryParse(constant as string, out Version? version) && version.Build >= 0 ? version.ToString(3) : "(unknown version)";
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate ulong AbiVersion();
}
