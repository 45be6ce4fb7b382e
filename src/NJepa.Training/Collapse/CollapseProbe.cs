using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>A fixed choice of images, decoded once and kept as bytes, on which the teacher is measured again and again: only then does a change of the figures mean a change of the teacher.</summary>
internal sealed class CollapseProbe
{
    /// <summary>The teacher's part of a training step is no larger, so that what fits there fits here.</summary>
    private const int LargestPart = 256;

    /// <summary>As in an evaluation: from this size on a border is cut away, smaller images are seen to their edges.</summary>
    private const int SmallestCroppedSize = 128;

    private readonly int _imageSize;
    private readonly ImageNormalization _normalization;
    private readonly List<(byte[] Pixels, int Count)> _parts = [];

    private CollapseProbe(int imageSize, ImageNormalization normalization) => (_imageSize, _normalization) = (imageSize, normalization);

    /// <summary>The images that could be read.</summary>
    public int Count => _parts.Sum(part => part.Count);

    /// <summary>Reads the images; those that cannot be read are left out.</summary>
    /// <exception cref="ImageSourceException">The source failed.</exception>
    public static CollapseProbe Read(IImageSource images, int imageSize, PretrainingOptions options)
    {
        var probe = new CollapseProbe(imageSize, options.Normalization);
        int part = Math.Min(options.MicroBatchSize ?? options.BatchSize, LargestPart);
        using var loader = new ImageLoader(
            images.Subset(Choose(images.Count, options.CollapseProbeImages, options.Seed)),
            imageSize < SmallestCroppedSize ? EvaluationTransform.CentralSquare(imageSize) : new EvaluationTransform { ImageSize = imageSize },
            new ImageLoaderOptions { BatchSize = part, Threads = options.LoaderThreads, Prefetch = 1, MaxBadImageShare = 1 });
        foreach (ImageBatch batch in loader.Epoch(0))
        {
            using (batch)
            {
                probe._parts.Add((batch.Pixels[..(batch.Count * imageSize * imageSize * 3)], batch.Count));
            }
        }

        return probe;
    }

    /// <summary>Different indices below <paramref name="count"/>, as many as wanted or there are, in ascending order: a function of the seed (Floyd's algorithm: no list of all images is needed).</summary>
    public static int[] Choose(int count, int wanted, ulong seed)
    {
        var random = CounterRandom.Create(seed, RandomPurpose.CollapseProbe);
        var chosen = new SortedSet<int>();
        for (int j = Math.Max(0, count - wanted); j < count; j++)
        {
            if (!chosen.Add(random.NextInt(j + 1)))
            {
                chosen.Add(j);
            }
        }

        return [.. chosen];
    }

    /// <summary>Measures an encoder on the images; waits for the device.</summary>
    /// <exception cref="EvaluationException">There are fewer than two images, or a feature is not finite.</exception>
    public CollapseReport Measure(ViTEncoder encoder)
    {
        int width = encoder.Configuration.Width, count = Count;
        var values = new float[count * width];
        Span<float> rest = values;
        foreach ((byte[] pixels, int images) in _parts)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor featuresBD = encoder.EncodePooled(_normalization.ToTensor(pixels, images, _imageSize, _imageSize, encoder.Device)).cpu().contiguous();
            MemoryMarshal.Cast<byte, float>(featuresBD.bytes).CopyTo(rest);
            rest = rest[(images * width)..];
        }

        return CollapseMeasures.Measure(new FeatureSet(values, width, [.. Enumerable.Repeat(FeatureSet.Unlabelled, count)], []));
    }
}
