using NJepa.Data;
using NJepa.Samples.Figures;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>Images as figures show them.</summary>
internal static class ShownImages
{
    /// <summary>Reads some images of a source, whole to their edges; those that cannot be read are missing.</summary>
    /// <param name="source">The images.</param>
    /// <param name="indices">Which.</param>
    /// <param name="imageSize">Side in pixels.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static Dictionary<int, FigureImage> Read(IImageSource source, IEnumerable<int> indices, int imageSize, CancellationToken cancellationToken)
    {
        int[] chosen = [.. indices.Distinct().Order()];
        var images = new Dictionary<int, FigureImage>();
        if (chosen.Length == 0)
        {
            return images;
        }

        using var loader = new ImageLoader(
            source.Subset(chosen), EvaluationTransform.CentralSquare(imageSize), new ImageLoaderOptions { BatchSize = Math.Min(32, chosen.Length), Threads = 0, MaxBadImageShare = 1 });
        foreach (ImageBatch batch in loader.Epoch(0, cancellationToken: cancellationToken))
        {
            using (batch)
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    images[chosen[batch.Indices[i]]] = new FigureImage(batch.GetImage(i).ToArray(), imageSize, imageSize);
                }
            }
        }

        return images;
    }

    /// <summary>Numbers below <paramref name="count"/>, spread evenly: as many as wanted, or all.</summary>
    public static int[] Spread(int count, int wanted)
    {
        int chosen = Math.Min(count, wanted);
        return [.. Enumerable.Range(0, chosen).Select(i => (int)(((2L * i) + 1) * count / (2 * chosen)))];
    }
}
