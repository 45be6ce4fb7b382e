using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace NJepa.Benchmarks.Jpeg;

/// <summary>The Python process that does the same with Pillow, on demand.</summary>
internal sealed class PillowProcess : IDisposable
{
    private const string Remedy = "On Debian and Ubuntu: apt-get install python3-pil. Another Python is chosen with --python.";

    private readonly Process _process;

    /// <param name="python">The command.</param>
    /// <param name="photos">Files and boxes.</param>
    /// <param name="size">The side of the result.</param>
    /// <param name="folder">A folder for the list.</param>
    /// <exception cref="BenchmarkException">There is no Python or no Pillow.</exception>
    public PillowProcess(string python, IReadOnlyList<Photo> photos, int size, string folder)
    {
        string list = Path.Combine(folder, "list.json");
        File.WriteAllText(list, JsonSerializer.Serialize(new
        {
            size,
            items = photos.Select(p => new { path = p.Path, left = p.Box.Left, top = p.Box.Top, width = p.Box.Width, height = p.Box.Height }),
        }));

        string script = Path.Combine(AppContext.BaseDirectory, "pillow_crop.py");
        var start = new ProcessStartInfo(python, [script, list]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new BenchmarkException($"Python could not be started as '{python}' ({e.Message}). {Remedy}");
        }

        string? versions = _process.StandardOutput.ReadLine();
        if (versions is null || !versions.StartsWith("Python", StringComparison.Ordinal))
        {
            Dispose();
            throw new BenchmarkException($"'{python}' has no Pillow. {Remedy}");
        }

        Versions = versions;
    }

    public string Versions { get; }

    /// <summary>Times some images.</summary>
    /// <returns>Milliseconds for each.</returns>
    public double[] Time(int first, int count) =>
        [.. JsonSerializer.Deserialize<double[]>(Ask($"time {first} {count}"))!.Select(seconds => seconds * 1000)];

    /// <summary>One crop: RGB bytes [S, S, 3].</summary>
    public byte[] Show(int index) => Convert.FromBase64String(Ask($"show {index}"));

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new BenchmarkException("The Python process has ended; its message stands above.");
    }
}
