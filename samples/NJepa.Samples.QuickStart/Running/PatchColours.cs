using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Samples.Figures;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>
/// The same images seen by an encoder before and after training: the first three principal components of its patch features as colours. An untrained
/// encoder says little but where in the picture a patch lies; how much that explains goes into the figure as a number.
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

    /// <summary>What the figure shows of an encoder; the same images for each.</summary>
    public ColouredPatches Of(ViTEncoder encoder, CancellationToken cancellationToken)
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
        byte[] colours = PatchFeaturePca.Fit(values, vit.Width, CollectionsMarshal.AsSpan(brightness)).ToRgb(values);
        int bytes = vit.Patches * 3;
        int[] shown = [.. Enumerable.Range(0, Math.Min(Columns, pixels.Count)).Select(i => i * pixels.Count / Math.Min(Columns, pixels.Count))];
        return new ColouredPatches(
            [.. shown.Select(i => new FigureImage(pixels[i], _imageSize, _imageSize))],
            [.. shown.Select(i => new FigureImage(colours[(i * bytes)..((i + 1) * bytes)], vit.Grid.Columns, vit.Grid.Rows))],
            PlaceShare(values, pixels.Count, vit.Width));
    }

    private float[] Features(ViTEncoder encoder, ImageBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor imagesBCHW = _normalization.ToTensor(batch.Pixels, batch.Count, _imageSize, _imageSize, encoder.Device);
        Tensor featuresBLD = encoder.Encode(imagesBCHW).to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(featuresBLD.bytes).ToArray();
    }

    /// <summary>The part of the variance that the mean over the images at each place makes up.</summary>
    private static double PlaceShare(float[] features, int images, int width)
    {
        int each = features.Length / images;
        var means = new double[each];
        var squares = new double[each];
        for (int i = 0; i < features.Length; i++)
        {
            means[i % each] += features[i] / (double)images;
            squares[i % each] += (double)features[i] * features[i] / images;
        }

        double ofPlaces = 0;
        double total = 0;
        for (int channel = 0; channel < width; channel++)
        {
            int[] places = [.. Enumerable.Range(0, each / width).Select(place => (place * width) + channel)];
            double mean = places.Average(i => means[i]);
            ofPlaces += places.Average(i => (means[i] - mean) * (means[i] - mean));
            total += places.Average(i => squares[i]) - (mean * mean);
        }

        return total > 0 ? ofPlaces / total : 0;
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
