using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Turns images into cached features, once; every measure then works on these.</summary>
public static class FeatureExtractor
{
    /// <summary>The features of all images: the mean over the patches of the encoder's last layer, or of its last layers side by side.</summary>
    /// <param name="encoder">The encoder. N-JEPA evaluates the student (<c>model.Student</c>), I-JEPA the teacher.</param>
    /// <param name="source">The images; one that cannot be read is left out.</param>
    /// <param name="options">View, normalisation and loading; null for the defaults.</param>
    /// <param name="progress">Receives the part that is done, from 0 to 1, after each batch; null for none.</param>
    /// <param name="cancellationToken">Stops the extraction.</param>
    /// <returns>Features [N,D], or [N,n*D] from n layers, in the order of the source; <see cref="FeatureSet.SourceIndices"/> says which image is which.</returns>
    /// <exception cref="ArgumentException">The source is empty, an option is out of range, or the view has another size than the encoder takes.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="ImageLoaderOptions.MaxBadImageShare"/> allows cannot be read.</exception>
    /// <exception cref="EvaluationException">No image can be read, or a feature is NaN or infinite.</exception>
    public static FeatureSet Extract(
        ViTEncoder encoder,
        IImageSource source,
        FeatureExtractionOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new FeatureExtractionOptions();
        EvaluationTransform transform = CheckedTransform(encoder, options);
        int width = PooledWidth(encoder, options);
        return Collect(source, transform, options.Loading, width, progress, (batch, target) => EncodePooled(encoder, options, batch, target), cancellationToken);
    }

    /// <summary>The same features, batch by batch as they are computed: for more images than fit into memory at once. Nothing is kept.</summary>
    /// <param name="encoder">The encoder. N-JEPA evaluates the student (<c>model.Student</c>), I-JEPA the teacher.</param>
    /// <param name="source">The images; one that cannot be read is left out.</param>
    /// <param name="options">View, normalisation and loading; null for the defaults. The batches are those of <see cref="ImageLoaderOptions.BatchSize"/>.</param>
    /// <param name="cancellationToken">Stops the extraction.</param>
    /// <returns>Sets of at most a batch each, in the order of the source. Images are read while they are enumerated, anew each time.</returns>
    /// <exception cref="ArgumentException">The source is empty, an option is out of range, or the view has another size than the encoder takes.</exception>
    /// <remarks>While it is enumerated it may throw a <see cref="TooManyBadImagesException"/> as <see cref="Extract"/> does, or an <see cref="EvaluationException"/> when a feature is not finite.</remarks>
    public static IEnumerable<FeatureSet> Stream(
        ViTEncoder encoder, IImageSource source, FeatureExtractionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new FeatureExtractionOptions();
        EvaluationTransform transform = CheckedTransform(encoder, options);
        int width = PooledWidth(encoder, options);
        new ImageLoader(source, transform, options.Loading).Dispose();
        return Batches();

        IEnumerable<FeatureSet> Batches()
        {
            using var loader = new ImageLoader(source, transform, options.Loading);
            foreach (ImageBatch batch in loader.Epoch(0, cancellationToken: cancellationToken))
            {
                using (batch)
                {
                    var values = new float[batch.Count * width];
                    EncodePooled(encoder, options, batch, values);
                    yield return new FeatureSet(values, width, batch.Labels.AsSpan(0, batch.Count).ToArray(), source.ClassNames, batch.Indices.AsSpan(0, batch.Count).ToArray());
                }
            }
        }
    }

    /// <summary>The features of every patch of all images, from the encoder's last layer: for an <see cref="AttentiveProbe"/>.</summary>
    /// <param name="encoder">The encoder. N-JEPA evaluates the student (<c>model.Student</c>), I-JEPA the teacher.</param>
    /// <param name="source">The images; one that cannot be read is left out.</param>
    /// <param name="options">View, normalisation and loading; null for the defaults. <see cref="FeatureExtractionOptions.LastLayers"/> must be 1.</param>
    /// <param name="cache">The type that the features are kept in, and how many bytes they may take; null for float16 and 4 GiB.</param>
    /// <param name="progress">Receives the part that is done, from 0 to 1, after each batch; null for none.</param>
    /// <param name="cancellationToken">Stops the extraction.</param>
    /// <returns>Features [N,L,D], in the order of the source; <see cref="PatchFeatureSet.SourceIndices"/> says which image is which.</returns>
    /// <exception cref="ArgumentException">The source is empty, an option is out of range, or the view has another size than the encoder takes.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="ImageLoaderOptions.MaxBadImageShare"/> allows cannot be read.</exception>
    /// <exception cref="EvaluationException">
    /// The features would take more than <see cref="PatchCacheOptions.MaximumBytes"/> (found out beforehand) or than there is, no image can be read, or a feature is NaN, infinite or too large for its type.
    /// </exception>
    public static PatchFeatureSet ExtractPatches(
        ViTEncoder encoder,
        IImageSource source,
        FeatureExtractionOptions? options = null,
        PatchCacheOptions? cache = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new FeatureExtractionOptions();
        cache ??= new PatchCacheOptions();
        cache.Validate();
        EvaluationTransform transform = CheckedTransform(encoder, options);
        if (options.LastLayers != 1)
        {
            throw new ArgumentException($"FeatureExtractionOptions.LastLayers is {options.LastLayers}; patch features come from the last layer alone, so it must be 1.", nameof(options));
        }

        (int patches, int width) = (encoder.Configuration.Patches, encoder.Configuration.Width);
        cache.RequireRoom(source.Count, patches, width);
        var store = new PatchStore(patches * width, cache.Precision, source.Count);
        (int[] labels, int[] indices) = ReadAll(source, transform, options.Loading, progress, KeepBatch, cancellationToken);
        return new PatchFeatureSet(store, patches, width, labels, source.ClassNames, indices);

        void KeepBatch(ImageBatch batch)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor imagesBCHW = options.Normalization.ToTensor(batch.Pixels, batch.Count, batch.ImageSize, batch.ImageSize, encoder.Device);
            Tensor featuresBLD = encoder.Encode(imagesBCHW).to(ScalarType.Float32).cpu().contiguous();
            for (int i = 0; i < batch.Count; i++)
            {
                ReadOnlySpan<float> imageLD = MemoryMarshal.Cast<byte, float>(featuresBLD.select(0, i).bytes);
                PatchFeatureSet.RequireHoldable(imageLD, cache.Precision, width, (long)store.Count * patches);
                store.Append(imageLD);
            }
        }
    }

    /// <summary>The pixels themselves as features, scaled to [0, 1]: a floor that every encoder should beat. Needs no encoder and no native runtime.</summary>
    /// <param name="source">The images; one that cannot be read is left out.</param>
    /// <param name="imageSize">S, the side in pixels to which the central square is reduced; from 1 to 64. Larger pictures make more features than a probe needs.</param>
    /// <param name="loading">Batch size and loader threads; null for the defaults.</param>
    /// <param name="progress">Receives the part that is done, from 0 to 1, after each batch; null for none.</param>
    /// <param name="cancellationToken">Stops the extraction.</param>
    /// <returns>Features [N,3*S*S], rows of RGB triples.</returns>
    /// <exception cref="ArgumentException">The source is empty, or an option is out of range.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="ImageLoaderOptions.MaxBadImageShare"/> allows cannot be read.</exception>
    /// <exception cref="EvaluationException">No image can be read.</exception>
    public static FeatureSet ExtractRawPixels(
        IImageSource source,
        int imageSize = 16,
        ImageLoaderOptions? loading = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (imageSize is < 1 or > 64)
        {
            throw new ArgumentOutOfRangeException(nameof(imageSize), imageSize, $"The image size is {imageSize}; it must be from 1 to 64 pixels.");
        }

        EvaluationTransform transform = EvaluationTransform.CentralSquare(imageSize);
        return Collect(source, transform, loading ?? new(), 3 * imageSize * imageSize, progress, CopyPixels, cancellationToken);

        static void CopyPixels(ImageBatch batch, Span<float> target)
        {
            ReadOnlySpan<byte> pixels = batch.Pixels;
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = pixels[i] / 255f;
            }
        }
    }

    private static int PooledWidth(ViTEncoder encoder, FeatureExtractionOptions options)
    {
        int depth = encoder.Configuration.Depth;
        return options.LastLayers >= 1 && options.LastLayers <= depth
            ? options.LastLayers * encoder.Configuration.Width
            : throw new ArgumentException(FormattableString.Invariant($"FeatureExtractionOptions.LastLayers is {options.LastLayers}; the encoder has {depth} layers, so it must be from 1 to {depth}."), nameof(options));
    }

    private static void EncodePooled(ViTEncoder encoder, FeatureExtractionOptions options, ImageBatch batch, Span<float> target)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor imagesBCHW = options.Normalization.ToTensor(batch.Pixels, batch.Count, batch.ImageSize, batch.ImageSize, encoder.Device);
        Tensor featuresBD = encoder.EncodePooled(imagesBCHW, options.LastLayers).to(ScalarType.Float32).cpu().contiguous();
        MemoryMarshal.Cast<byte, float>(featuresBD.bytes).CopyTo(target);
    }

    private static EvaluationTransform CheckedTransform(ViTEncoder encoder, FeatureExtractionOptions options)
    {
        if (options.Normalization is null)
        {
            throw new ArgumentException("FeatureExtractionOptions.Normalization is null; use that of the pretraining, ImageNormalization.ImageNet by default.", nameof(options));
        }

        EvaluationTransform transform = options.TransformFor(encoder.Configuration.ImageSize);
        if (transform.ImageSize != encoder.Configuration.ImageSize)
        {
            throw new ArgumentException(
                $"The view has {transform.ImageSize} pixels, but the encoder takes {encoder.Configuration.ImageSize}; set Transform.ImageSize to {encoder.Configuration.ImageSize}, or leave Transform out.",
                nameof(options));
        }

        return transform;
    }

    private delegate void BatchFeatures(ImageBatch batch, Span<float> target);

    private static FeatureSet Collect(
        IImageSource source,
        EvaluationTransform transform,
        ImageLoaderOptions loading,
        int width,
        IProgress<double>? progress,
        BatchFeatures features,
        CancellationToken cancellationToken)
    {
        if ((long)source.Count * width > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{source.Count} images x {width} features are {(long)source.Count * width} numbers, more than an array's {Array.MaxLength}; extract from a part of the images (source.Subset).",
                nameof(source));
        }

        var values = new float[source.Count * width];
        int done = 0;
        (int[] labels, int[] indices) = ReadAll(source, transform, loading, progress, Keep, cancellationToken);
        Array.Resize(ref values, labels.Length * width);
        return new FeatureSet(values, width, labels, source.ClassNames, indices);

        void Keep(ImageBatch batch)
        {
            features(batch, values.AsSpan(done * width, batch.Count * width));
            done += batch.Count;
        }
    }

    /// <summary>Shows every image that can be read, and says which they were.</summary>
    private static (int[] Labels, int[] Indices) ReadAll(
        IImageSource source, EvaluationTransform transform, ImageLoaderOptions loading, IProgress<double>? progress, Action<ImageBatch> keep, CancellationToken cancellationToken)
    {
        using var loader = new ImageLoader(source, transform, loading);
        var labels = new List<int>(source.Count);
        var indices = new List<int>(source.Count);
        foreach (ImageBatch batch in loader.Epoch(0, cancellationToken: cancellationToken))
        {
            using (batch)
            {
                keep(batch);
                labels.AddRange(batch.Labels);
                indices.AddRange(batch.Indices);
                progress?.Report((indices[^1] + 1.0) / source.Count);
            }
        }

        if (labels.Count == 0)
        {
            throw new EvaluationException(
                $"None of the {source.Count} images can be read; the first is {loader.BadImages[0]}. Check that the files are JPEG, PNG, WebP or BMP images.");
        }

        return ([.. labels], [.. indices]);
    }
}
