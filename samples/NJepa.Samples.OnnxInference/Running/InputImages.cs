using NJepa.Data;

namespace NJepa.Samples.OnnxInference.Running;

/// <summary>Images by what a path is: a folder, a zip, or one image.</summary>
internal static class InputImages
{
    // As features are extracted for evaluation: from this size on a border is cut away, smaller images are seen to their edges.
    private const int SmallestCroppedSize = 128;

    /// <exception cref="InferenceException">There is nothing at the path.</exception>
    /// <exception cref="ImageSourceException">There are no images.</exception>
    public static IImageSource Open(string path)
    {
        if (File.Exists(path))
        {
            return Path.GetExtension(path).Equals(".zip", StringComparison.OrdinalIgnoreCase) ? ImageSource.Open(path) : new OneImage(path);
        }

        return Directory.Exists(path)
            ? ImageSource.Open(path)
            : throw new InferenceException($"There is no folder, zip or image '{path}' (it was looked for at '{Path.GetFullPath(path)}').");
    }

    /// <summary>The images batch by batch, those that cannot be read left out and named on <paramref name="log"/>.</summary>
    /// <exception cref="InferenceException">None can be read.</exception>
    public static IEnumerable<ImageBatch> Read(IImageSource source, int imageSize, int batchSize, TextWriter log)
    {
        EvaluationTransform view = imageSize < SmallestCroppedSize ? EvaluationTransform.CentralSquare(imageSize) : new EvaluationTransform { ImageSize = imageSize };
        using var loader = new ImageLoader(source, view, new ImageLoaderOptions { BatchSize = batchSize, MaxBadImageShare = 1 });
        int read = 0;
        foreach (ImageBatch batch in loader.Epoch(0))
        {
            using (batch)
            {
                if (batch.Count > 0)
                {
                    read += batch.Count;
                    yield return batch;
                }
            }
        }

        foreach (BadImage image in loader.BadImages)
        {
            log.WriteLine($"left out: {Text.OnOneLine(image.ToString())}");
        }

        if (read == 0)
        {
            throw new InferenceException(source.Count == 1 ? $"'{source.GetName(0)}' cannot be read as an image." : $"None of the {source.Count} images can be read.");
        }
    }

    private sealed class OneImage(string path) : IImageSource
    {
        public int Count => 1;

        public IReadOnlyList<string> ClassNames => [];

        public string GetName(int index) => Path.GetFileName(path);

        public int GetLabel(int index) => -1;

        public Stream OpenRead(int index) => File.OpenRead(path);
    }
}
