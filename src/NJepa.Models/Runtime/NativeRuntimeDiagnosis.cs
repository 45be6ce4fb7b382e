using System.Text.RegularExpressions;

namespace NJepa.Models;

/// <summary>
/// Tells why TorchSharp's native library did not load. TorchSharp itself says in every such case that a package is missing, after
/// copying some 480 MB of libraries, so it must not be asked before this has been.
/// </summary>
internal static partial class NativeRuntimeDiagnosis
{
    /// <summary>The version of GCC 13's libstdc++ that the NJepa.Models package makes dispensable when a program is built.</summary>
    internal const string DispensableVersion = "GLIBCXX_3.4.32";

    /// <summary>The newest version that is needed in earnest: GCC 12's libstdc++.</summary>
    internal const string NeededVersion = "GLIBCXX_3.4.30";

    internal static NativeRuntimeException Explain(NativeSurroundings facts, Exception? inner = null)
    {
        (NativeRuntimeCause cause, string message) =
            Platform(facts)
            ?? TorchSharpLibrary(facts)
            ?? Backend(facts)
            ?? OldSystem(facts)
            ?? MissingSystemLibrary(facts)
            ?? Unreadable(facts)
            ?? OtherVersion(facts)
            ?? (NativeRuntimeCause.Unknown,
                $"{facts.Platform.TorchSharpLibrary} ({facts.Find(facts.Platform.TorchSharpLibrary)}) could not be loaded: {Telling(facts).FirstOrDefault() ?? "the system gave no reason"}.");
        return new NativeRuntimeException(cause, message, facts.LoaderMessages, inner);
    }

    private static (NativeRuntimeCause Cause, string Message)? Platform(NativeSurroundings facts)
    {
        if (facts.Platform.IsSupported)
        {
            return null;
        }

        string remedy = facts.Platform.Name switch
        {
            "win-arm64" or "win-x86" => "Build the program for x64 (dotnet publish -r win-x64); 64-bit Windows runs it.",
            "osx-x64" => "Use a Mac with an Apple processor; if this is one, run the arm64 .NET SDK.",
            _ when facts.Platform.Name.StartsWith("linux-musl-", StringComparison.Ordinal) =>
                "Alpine and other musl systems are not supported: use a glibc image such as mcr.microsoft.com/dotnet/runtime:10.0.",
            _ => "Run the program on one of these; on an arm64 host an emulated linux-x64 container works, slowly.",
        };
        return (NativeRuntimeCause.UnsupportedPlatform,
            $"TorchSharp {facts.TorchSharpVersion} has no complete set of native libraries for {facts.Platform.Name}; there are such for linux-x64, win-x64 and osx-arm64. {remedy}");
    }

    private static (NativeRuntimeCause Cause, string Message)? TorchSharpLibrary(NativeSurroundings facts)
    {
        if (facts.Find(facts.Platform.TorchSharpLibrary) is not null)
        {
            return null;
        }

        return (NativeRuntimeCause.TorchSharpLibraryMissing,
            $"TorchSharp's native library {facts.Platform.TorchSharpLibrary} was not found in {Listed(facts.Folders)}. " +
            $"Build the program for this platform (dotnet publish -r {facts.Platform.Name}) and copy its whole output folder.");
    }

    private static (NativeRuntimeCause Cause, string Message)? Backend(NativeSurroundings facts)
    {
        // Where the loader names the file that it misses, that is better evidence than our list of folders: libtorch may lie in a system folder.
        string? missing = Telling(facts)
            .Select(line => MissingFile().Match(line))
            .Where(match => match.Success && !IsSystemLibrary(match.Groups["file"].Value))
            .Select(match => match.Groups["file"].Value)
            .FirstOrDefault();
        bool loaderNamesFiles = !facts.Platform.IsWindows && Telling(facts).Any();
        if (missing is null && (loaderNamesFiles || facts.Find(facts.Platform.LibTorchLibrary) is not null))
        {
            return null;
        }

        string gpu = facts.Platform.CudaPackage is string package ? $", or {package} for an NVIDIA GPU" : "";
        return (NativeRuntimeCause.BackendMissing,
            $"The backend, libtorch {facts.LibTorchVersion}, is missing: {missing ?? facts.Platform.LibTorchLibrary} was not found in {Listed(facts.Folders)}. " +
            $"Add one to the program: dotnet add package TorchSharp-cpu --version {facts.TorchSharpVersion}{gpu}.");
    }

    private static (NativeRuntimeCause Cause, string Message)? OldSystem(NativeSurroundings facts)
    {
        Match? match = Telling(facts).Select(line => MissingVersion().Match(line)).FirstOrDefault(found => found.Success);
        if (match is null)
        {
            return null;
        }

        string library = match.Groups["library"].Value;
        string version = match.Groups["version"].Value;
        string what = $"{match.Groups["user"].Value} needs {version}, and {library} of this system is older.";
        if (version == DispensableVersion && facts.ProvidesVersion(library, NeededVersion) != false)
        {
            return (NativeRuntimeCause.SystemLibraryTooOld,
                $"{what} That need can be dropped, and the NJepa.Models package does so when a program is built: " +
                "build without NJepaPatchNativeRuntime=false, do not copy the library from the TorchSharp package over it, or use a system with GCC 13's libstdc++ (Debian 13, Ubuntu 24.04).");
        }

        return (NativeRuntimeCause.SystemLibraryTooOld,
            $"{what} Debian 12, Ubuntu 22.04 and anything newer will do: use such a system, or a container such as mcr.microsoft.com/dotnet/runtime:10.0" +
            (version.StartsWith("GLIBC_", StringComparison.Ordinal)
                ? "."
                : ", or put a folder with the libstdc++.so.6 of GCC 12 or later first in LD_LIBRARY_PATH."));
    }

    private static (NativeRuntimeCause Cause, string Message)? MissingSystemLibrary(NativeSurroundings facts)
    {
        if (facts.Platform.IsWindows && facts.LoaderMessages.Any(line => line.Contains("0x8007007E", StringComparison.OrdinalIgnoreCase)))
        {
            return (NativeRuntimeCause.SystemLibraryMissing,
                $"{facts.Find(facts.Platform.TorchSharpLibrary)} or a library that it uses could not be found by Windows although libtorch is there; " +
                "most often the Visual C++ runtime is missing. Install it from https://aka.ms/vs/17/release/vc_redist.x64.exe.");
        }

        string? missing = Telling(facts)
            .Select(line => MissingFile().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups["file"].Value)
            .FirstOrDefault();
        return missing is null
            ? null
            : (NativeRuntimeCause.SystemLibraryMissing,
                $"The system library {missing}, which {facts.Platform.TorchSharpLibrary} needs, is not installed. " +
                "Install it: apt-get install libstdc++6 libgcc-s1 (Debian, Ubuntu), dnf install libstdc++ libgcc (Fedora, RHEL).");
    }

    private static (NativeRuntimeCause Cause, string Message)? Unreadable(NativeSurroundings facts)
    {
        string? line = facts.LoaderMessages.FirstOrDefault(message => UnreadableFile().IsMatch(message));
        return line is null
            ? null
            : (NativeRuntimeCause.UnreadableLibrary,
                $"A native library is damaged or made for another platform than {facts.Platform.Name}: {line}. " +
                "Delete the output folder and build again; if that does not help, dotnet nuget locals global-packages --clear and restore.");
    }

    private static (NativeRuntimeCause Cause, string Message)? OtherVersion(NativeSurroundings facts)
    {
        string? line = Telling(facts).FirstOrDefault(message =>
            message.Contains("undefined symbol", StringComparison.Ordinal) || message.Contains("Symbol not found", StringComparison.Ordinal));
        return line is null
            ? null
            : (NativeRuntimeCause.BackendVersionMismatch,
                $"TorchSharp {facts.TorchSharpVersion} needs libtorch {facts.LibTorchVersion}, and another version was found: {line}. " +
                $"Reference the backend package of version {facts.TorchSharpVersion}, and see that no other libtorch lies in the folders {Listed(facts.Folders)}.");
    }

    /// <summary>
    /// The loader's lines without those that only say that one of the spellings of the name is not in one of the folders.
    /// </summary>
    private static IEnumerable<string> Telling(NativeSurroundings facts) =>
        facts.LoaderMessages.Where(line => line.Length > 0 && !Probe().IsMatch(line) && !line.StartsWith("Unable to load ", StringComparison.Ordinal));

    private static bool IsSystemLibrary(string file) => SystemLibrary().IsMatch(file);

    private static string Listed(IReadOnlyList<string> folders) => string.Join(", ", folders.Take(4)) + (folders.Count > 4 ? $" and {folders.Count - 4} more" : "");

    [GeneratedRegex(@"^[^:]*[/\\](lib)?LibTorchSharp(\.so|\.dylib)?: cannot open shared object file|LibTorchSharp(\.dylib)?, 0x0001\): tried: .*\(no such file\)$")]
    private static partial Regex Probe();

    [GeneratedRegex(@"^(?<file>[^\s:/]+\.so[.0-9]*): cannot open shared object file|Library not loaded: (@rpath/)?(?<file>[^\s:]+\.dylib)")]
    private static partial Regex MissingFile();

    [GeneratedRegex(@"^(?<library>[^:]+): version `(?<version>[^']+)' not found \(required by (?<user>[^)]+)\)")]
    private static partial Regex MissingVersion();

    [GeneratedRegex(@"wrong ELF class|invalid ELF header|file too short|ELF load command|incompatible architecture|not a mach-o file|0x8007000B|0x800700C1", RegexOptions.IgnoreCase)]
    private static partial Regex UnreadableFile();

    [GeneratedRegex(@"^(libstdc\+\+|libgcc_s|libm|libc|libdl|libpthread|librt|ld-linux[-_.a-z0-9]*)\.so")]
    private static partial Regex SystemLibrary();
}
