using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Samples.QuickStart.Figures;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>
/// The same images seen by an encoder before and after training: the principal components of its patch features as colours. What a place in the
/// picture contributes by itself is taken out first: it is the mean over the images at that place, the same in every picture, and
/// it makes up most of an untrained encoder's features.
/// </summary>
internal sealed class PatchColours
{
    private const int Columns = 8;
    private const int MostImages = 256;
    private const int MostPatches = 32768;
    private const int BatchSize = 32;

    private readonly IImageSource _images;
    private readonly ImageNormalization _normalization;
    private readonly int _imageSize;

    /// <summary>Chooses images, spread evenly over the source.</summary>
    public PatchColours(IImageSource source, ViT encoder, ImageNormalization normalization)
    {
        int count = Math.Min(source.Count, Math.Clamp(MostPatches / encoder.Patches, 2 * Columns, MostImages));
        _images = source.Subset(Enumerable.Range(0, count).Select(i => (int)((long)i * source.Count / count)));
        _normalization = normalization;
        _imageSize = encoder.ImageSize;
    }

    /// <summary>The images that the figure shows, and their patches' colours: one image of the grid's size each.</summary>
    public IReadOnlyList<ColouredPatches> Of(ViTEncoder encoder, CancellationToken cancellationToken)
    {
        ViT vit = encoder.Configuration;
        var pixels = new List<byte[]>();
        var features = new List<float>();
        var brightness = new List<float>();
        using var loader = new ImageLoader(_images, EvaluationTransform.CentralSquare(_imageSize), new ImageLoaderOptions { BatchSize = BatchSize, MaxBadImageShare = 1 });
        foreach (ImageBatch batch in loader.Epoch(0, cancellationToken: cancellationToken))
        {
            using (batch)
            {
                features.AddRange(Features(encoder, batch));
                for (int i = 0; i < batch.Count; i++)
                {
                    pixels.Add(batch.GetImage(i).ToArray());
                    brightness.AddRange(Brightness(pixels[^1], vit));
                }
            }
        }

        float[] values = [.. features];
        SubtractMeanOfPlaces(values, pixels.Count);
        byte[] colours = PatchFeaturePca.Fit(values, vit.Width, CollectionsMarshal.AsSpan(brightness)).ToRgb(values);
        int bytes = vit.Patches * 3;
        int shown = Math.Min(Columns, pixels.Count);
        return
        [
            .. Enumerable.Range(0, shown).Select(i => i * pixels.Count / shown).Select(i => new ColouredPatches(
                new FigureImage(pixels[i], _imageSize, _imageSize),
                new FigureImage(colours[(i * bytes)..((i + 1) * bytes)], vit.Grid.Columns, vit.Grid.Rows))),
        ];
    }

    private float[] Features(ViTEncoder encoder, ImageBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor imagesBCHW = _normalization.ToTensor(batch.Pixels, batch.Count, _imageSize, _imageSize, encoder.Device);
        Tensor featuresBLD = encoder.Encode(imagesBCHW).to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(featuresBLD.bytes).ToArray();
    }

    private static void SubtractMeanOfPlaces(float[] features, int images)
    {
        int each = features.Length / images;
        Parallel.For(0, each, place =>
        {
            double mean = 0;
            for (int i = place; i < features.Length; i += each)
            {
                mean += features[i] / (double)images;
            }

            for (int i = place; i < features.Length; i += each)
            {
                features[i] -= (float)mean;
            }
        });
    }

    /// <summary>The mean of each patch, which decides which end of a component is light.</summary>
    private static float[] Brightness(byte[] image, ViT vit)
    {
        var sums = new float[vit.Patches];
        for (int i = 0; i < image.Length; i++)
        {
            (int y, int x) = Math.DivRem(i / 3, vit.ImageSize);
            sums[(y / vit.PatchSize * vit.Grid.Columns) + (x / vit.PatchSize)] += image[i];
        }

        return sums;
    }
}
