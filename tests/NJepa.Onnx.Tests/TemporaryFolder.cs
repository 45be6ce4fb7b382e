namespace NJepa.Onnx.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("njepa-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public IEnumerable<string?> Names() => Directory.GetFiles(Path).Select(System.IO.Path.GetFileName);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
