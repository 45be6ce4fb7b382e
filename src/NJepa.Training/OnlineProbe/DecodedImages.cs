using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>Images decoded once and kept as bytes, to be encoded again and again: only then does a change of the figures mean a change of the encoder.</summary>
internal sealed class DecodedImages
{
    private readonly int _imageSize;
    private readonly ImageNormalization _normalization;
    private readonly List<(byte[] Pixels, int Count)> _parts = [];
    private readonly List<int> _labels = [];

    private DecodedImages(int imageSize, ImageNormalization normalization) => (_imageSize, _normalization) = (imageSize, normalization);

    /// <summary>The images that could be read.</summary>
    public int Count => _labels.Count;

    /// <summary>Their labels, as the source says.</summary>
    public int[] Labels => [.. _labels];

    /// <summary>Reads images; those that cannot be read are left out.</summary>
    /// <param name="images">The images.</param>
    /// <param name="transform">The view of each.</param>
    /// <param name="options">The training's settings.</param>
    /// <param name="maxBadImageShare">How many may be left out.</param>
    /// <param name="mostInPart">How many images the encoder gets at once, at most; no more than a training step has.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ImageSourceException">The source failed.</exception>
    /// <exception cref="TooManyBadImagesException">More were left out.</exception>
    public static DecodedImages Read(
        IImageSource images, EvaluationTransform transform, PretrainingOptions options, double maxBadImageShare, int mostInPart, CancellationToken cancellationToken = default)
    {
        int size = transform.ImageSize;
        var decoded = new DecodedImages(size, options.Normalization);
        int part = Math.Min(options.MicroBatchSize ?? options.BatchSize, mostInPart);
        using var loader = new ImageLoader(
            images, transform, new ImageLoaderOptions { BatchSize = part, Threads = options.LoaderThreads, Prefetch = 1, MaxBadImageShare = maxBadImageShare });
        foreach (ImageBatch batch in loader.Epoch(0, cancellationToken: cancellationToken))
        {
            using (batch)
            {
                decoded._parts.Add((batch.Pixels[..(batch.Count * size * size * 3)], batch.Count));
                decoded._labels.AddRange(batch.Labels);
            }
        }

        return decoded;
    }

    /// <summary>The encoder's features of all images [N,D]; waits for the device.</summary>
    public float[] Encode(ViTEncoder encoder, CancellationToken cancellationToken = default)
    {
        int width = encoder.Configuration.Width;
        var values = new float[Count * width];
        Span<float> rest = values;
        foreach ((byte[] pixels, int images) in _parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor featuresBD = encoder.EncodePooled(_normalization.ToTensor(pixels, images, _imageSize, _imageSize, encoder.Device)).cpu().contiguous();
            MemoryMarshal.Cast<byte, float>(featuresBD.bytes).CopyTo(rest);
            rest = rest[(images * width)..];
        }

        return values;
    }
}
