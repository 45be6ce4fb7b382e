using System.Runtime.InteropServices;
using System.Text;

namespace NJepa.Models;

/// <summary>The facts that explain a failed load. Tests put in their own.</summary>
internal sealed record NativeSurroundings
{
    internal required NativePlatform Platform { get; init; }

    /// <summary>The folders in which the loader looks for the program's native libraries, without repetition.</summary>
    internal required IReadOnlyList<string> Folders { get; init; }

    /// <summary>What the loader said, line by line, when TorchSharp's library was asked for.</summary>
    internal required IReadOnlyList<string> LoaderMessages { get; init; }

    internal required string TorchSharpVersion { get; init; }

    internal required string LibTorchVersion { get; init; }

    internal Func<string, bool> FileExists { get; init; } = File.Exists;

    /// <summary>Whether a system library provides a symbol version; null when it cannot be read.</summary>
    internal Func<string, string, bool?> ProvidesVersion { get; init; } = ReadProvidesVersion;

    /// <summary>The full path of a file in the first folder that has it.</summary>
    internal string? Find(string fileName) =>
        Folders.Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(FileExists);

    internal static NativeSurroundings Current(string torchSharpVersion, string libTorchVersion, IReadOnlyList<string> loaderMessages) => new()
    {
        Platform = NativePlatform.Current,
        Folders = CurrentFolders(),
        LoaderMessages = loaderMessages,
        TorchSharpVersion = torchSharpVersion,
        LibTorchVersion = libTorchVersion,
    };

    private static List<string> CurrentFolders()
    {
        var folders = new List<string?>();
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string directories)
        {
            folders.AddRange(directories.Split(Path.PathSeparator));
        }

        folders.Add(AppContext.BaseDirectory);
        folders.Add(Path.Combine(AppContext.BaseDirectory, "runtimes", NativePlatform.Current.Name, "native"));
        string path = OperatingSystem.IsWindows() ? "PATH" : OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
        folders.AddRange((Environment.GetEnvironmentVariable(path) ?? "").Split(Path.PathSeparator));

        // The shared framework's folder is searched as well, but nobody will look for libtorch there.
        string framework = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        return folders
            .Where(folder => !string.IsNullOrWhiteSpace(folder))
            .Select(folder => Path.TrimEndingDirectorySeparator(folder!))
            .Where(folder => folder != framework)
            .Distinct(StringComparer.Ordinal)
            .ToList();
    }

    private static bool? ReadProvidesVersion(string library, string version)
    {
        try
        {
            return File.ReadAllBytes(library).AsSpan().IndexOf(Encoding.ASCII.GetBytes(version + "\0")) >= 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
