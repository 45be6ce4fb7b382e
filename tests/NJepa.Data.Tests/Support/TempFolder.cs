namespace NJepa.Data.Tests.Support;

/// <summary>A folder that vanishes after the test.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("njepa-data-").FullName;

    public string Write(string relativePath, byte[] content)
    {
        string path = At(relativePath);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void WriteAll(byte[] content, params string[] relativePaths)
    {
        foreach (string path in relativePaths)
        {
            Write(path, content);
        }
    }

    public string At(string relativePath) => System.IO.Path.Combine(Path, relativePath);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
