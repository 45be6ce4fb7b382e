using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>A fixed choice of images, decoded once and kept as bytes, on which the teacher is measured again and again: only then does a change of the figures mean a change of the teacher.</summary>
internal sealed class CollapseProbe
{
    /// <summary>The teacher's part of a training step is no larger, so that what fits there fits here.</summary>
    private const int LargestPart = 256;

    private readonly DecodedImages _images;

    private CollapseProbe(DecodedImages images) => _images = images;

    /// <summary>The images that could be read.</summary>
    public int Count => _images.Count;

    /// <summary>Reads the images; those that cannot be read are left out.</summary>
    /// <exception cref="ImageSourceException">The source failed.</exception>
    public static CollapseProbe Read(IImageSource images, int imageSize, PretrainingOptions options) => new(DecodedImages.Read(
        images.Subset(Choose(images.Count, options.CollapseProbeImages, options.Seed)),
        UsualView.Of(imageSize),
        options,
        maxBadImageShare: 1,
        LargestPart));

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
    public CollapseReport Measure(ViTEncoder encoder) =>
        CollapseMeasures.Measure(new FeatureSet(_images.Encode(encoder), encoder.Configuration.Width, [.. Enumerable.Repeat(FeatureSet.Unlabelled, Count)], []));
}
