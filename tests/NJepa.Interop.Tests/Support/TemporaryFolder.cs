namespace NJepa.Interop.Tests;

/// <summary>A folder that goes away with the test.</summary>
/// <param name="parent">Where it lies; null for the system's temporary folder.</param>
internal sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <summary>A folder in memory where the system has one: tens of thousands of small files would wait for a disk.</summary>
    public static TemporaryFolder InMemory() => new(Directory.Exists(Memory) ? Memory : null);

    public string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(parent ?? System.IO.Path.GetTempPath(), $"njepa-interop-{Guid.NewGuid():N}")).FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
