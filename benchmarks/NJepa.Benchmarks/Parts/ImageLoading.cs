using BenchmarkDotNet.Attributes;
using NJepa.Benchmarks.Running;
using NJepa.Data;

namespace NJepa.Benchmarks.Parts;

/// <summary>An epoch of JPEG files through the loader to a consumer that does nothing; the time is an image's. The files are in the system's cache after the first epoch.</summary>
public class ImageLoading
{
    private const int Images = 64;
    private const int Drawn = 8;
    private string _root = "";
    private ImageLoader? _loader;

    /// <summary>Background threads of the loader.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Whether the images are packed beforehand, as plain pixels (<c>ImageCache</c>).</summary>
    [Params(false, true)]
    public bool Packed { get; set; }

    /// <summary>Writes the files.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _root = Directory.CreateTempSubdirectory("njepa-benchmark-").FullName;
        string folder = Directory.CreateDirectory(Path.Combine(_root, "images")).FullName;
        byte[][] files = [.. Enumerable.Range(0, Drawn).Select(seed => TestPicture.Jpeg(400, 533, seed))];
        for (int i = 0; i < Images; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{i:00}.jpg"), files[i % Drawn]);
        }

        var options = new ImageLoaderOptions { BatchSize = 16, Threads = Threads, Cache = Packed ? Path.Combine(_root, "images.packed") : null };
        _loader = new ImageLoader(ImageFolder.Open(folder), TrainingAugmentation.Paper, options);
        _loader.Prepare();
    }

    /// <summary>All batches of an epoch.</summary>
    [Benchmark(OperationsPerInvoke = Images)]
    public long Epoch()
    {
        long images = 0;
        foreach (ImageBatch batch in _loader!.Epoch(0))
        {
            using (batch)
            {
                images += batch.Count;
            }
        }

        return images;
    }

    /// <summary>Deletes the files.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _loader?.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
