using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// The patch features of N images, L patches of D channels each, with the classes of the images where they are known: what an <see cref="AttentiveProbe"/> works on.
/// <see cref="FeatureExtractor.ExtractPatches"/> makes one; it needs neither images nor encoder any more.
/// </summary>
/// <remarks>Immutable. Safe to read from several threads. Kept outside of tensors, in managed memory.</remarks>
public sealed class PatchFeatureSet : ILabelledFeatures
{
    private readonly PatchStore _store;
    private readonly int[] _classCounts;

    /// <summary>Copies features into the cache.</summary>
    /// <param name="values">The features [N,L,D], row-major. All of them finite.</param>
    /// <param name="patches">L, the patches of an image; at least 1.</param>
    /// <param name="width">D, the channels of a patch; at least 1.</param>
    /// <param name="labels">The class of each image [N]: an index into <paramref name="classNames"/>, or <see cref="FeatureSet.Unlabelled"/>.</param>
    /// <param name="classNames">The names of the classes, each once. Empty when nothing is labelled.</param>
    /// <param name="cache">How they are kept; null for the defaults.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, a label is out of range, a class name is empty or repeated, or an option is; all problems are listed.</exception>
    /// <exception cref="EvaluationException">A feature is NaN, infinite or too large for its type, or the set needs more than <see cref="PatchCacheOptions.MaximumBytes"/>.</exception>
    public PatchFeatureSet(float[] values, int patches, int width, int[] labels, IReadOnlyList<string> classNames, PatchCacheOptions? cache = null)
        : this(Store(values, patches, width, labels, classNames, cache ?? new()), patches, width, labels, classNames, null)
    {
    }

    internal PatchFeatureSet(PatchStore store, int patches, int width, int[] labels, IReadOnlyList<string> classNames, int[]? sourceIndices)
    {
        (_store, Patches, Width, Labels, ClassNames) = (store, patches, width, labels, [.. classNames]);
        SourceIndices = sourceIndices ?? [.. Enumerable.Range(0, labels.Length)];
        _classCounts = FeatureSet.CountClasses(labels, ClassNames.Count);
    }

    /// <summary>N, the number of images; at least 1.</summary>
    public int Count => Labels.Length;

    /// <summary>L, the number of patches of an image.</summary>
    public int Patches { get; }

    /// <summary>D, the number of channels of a patch.</summary>
    public int Width { get; }

    /// <summary>The class of each image [N]: an index into <see cref="ClassNames"/>, or <see cref="FeatureSet.Unlabelled"/>.</summary>
    public int[] Labels { get; }

    /// <summary>The names of the classes; empty when nothing is labelled.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Where each image stands in the source it came from [N].</summary>
    public int[] SourceIndices { get; }

    /// <summary>Whether every image has a class.</summary>
    public bool IsLabelled => _classCounts.Sum() == Count;

    /// <summary>How many images each class has [classes], in the order of <see cref="ClassNames"/>.</summary>
    public IReadOnlyList<int> ClassCounts => _classCounts;

    /// <summary>The type that the features are kept in.</summary>
    public PatchPrecision Precision => _store.Precision;

    /// <summary>The bytes that the features take.</summary>
    public long Bytes => Count * _store.RowBytes;

    internal PatchStore Values => _store;

    /// <summary>The features of one image.</summary>
    /// <param name="index">Which image, from 0.</param>
    /// <returns>A copy [L,D], row-major.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in [0, N).</exception>
    public float[] ToArray(int index)
    {
        RequireRow(index);
        var features = new float[_store.RowLength];
        _store.CopyTo(index, features);
        return features;
    }

    /// <summary>A copy of some images, in the order given. All class names stay, whether a class still has images or not.</summary>
    /// <param name="indices">Which images; at least one.</param>
    /// <returns>The chosen images.</returns>
    /// <exception cref="ArgumentException">No image was chosen.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, N).</exception>
    public PatchFeatureSet Select(ReadOnlySpan<int> indices)
    {
        if (indices.IsEmpty)
        {
            throw new ArgumentException("No image was chosen; give at least one index.", nameof(indices));
        }

        var store = new PatchStore(_store.RowLength, Precision, indices.Length);
        var labels = new int[indices.Length];
        var sources = new int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            RequireRow(indices[i]);
            store.Append(_store, indices[i]);
            labels[i] = Labels[indices[i]];
            sources[i] = SourceIndices[indices[i]];
        }

        return new PatchFeatureSet(store, Patches, Width, labels, ClassNames, sources);
    }

    /// <summary>The mean over the patches of each image, as <see cref="FeatureExtractor.Extract"/> gives it (up to the rounding of <see cref="Precision"/>): for a linear probe of the same features.</summary>
    /// <returns>Features [N,D].</returns>
    public FeatureSet MeanOverPatches()
    {
        var values = new float[checked(Count * Width)];
        Parallel.For(0, Count, () => new float[_store.RowLength], (i, _, image) =>
        {
            _store.CopyTo(i, image);
            Span<double> sums = new double[Width];
            for (int k = 0; k < image.Length; k++)
            {
                sums[k % Width] += image[k];
            }

            for (int d = 0; d < Width; d++)
            {
                values[(i * Width) + d] = (float)(sums[d] / Patches);
            }

            return image;
        }, _ => { });
        return new FeatureSet(values, Width, Labels, ClassNames, SourceIndices);
    }

    /// <summary>What it holds, in one line.</summary>
    public override string ToString() => $"{Count} images x {Patches} patches x {Width} channels in {Precision} ({Bytes} bytes), {ClassNames.Count} classes";

    /// <summary>Some images as a float32 tensor <c>[B,L,D]</c>.</summary>
    internal Tensor Gather(ReadOnlySpan<int> rows)
    {
        using Tensor flat = _store.Gather(rows);
        return flat.view(rows.Length, Patches, Width);
    }

    /// <summary>Refuses features that their type cannot hold, before they are rounded to it.</summary>
    internal static void RequireHoldable(ReadOnlySpan<float> values, PatchPrecision precision, int width, long firstPatch)
    {
        float largest = precision == PatchPrecision.Float16 ? (float)Half.MaxValue : float.MaxValue;
        for (int i = 0; i < values.Length; i++)
        {
            if (!(Math.Abs(values[i]) <= largest))
            {
                string where = $"channel {i % width} of patch {firstPatch + (i / width)} (counted over all images) is {values[i].ToString(CultureInfo.InvariantCulture)}";
                throw new EvaluationException(float.IsFinite(values[i])
                    ? $"A patch feature is too large for Float16, which ends at 65504: {where}. Use PatchPrecision.Float32."
                    : $"A patch feature is not finite: {where}. Every feature must be finite. The encoder has probably diverged: look at the loss curve, lower the learning rate, and extract the features again.");
            }
        }
    }

    private static PatchStore Store(float[] values, int patches, int width, int[] labels, IReadOnlyList<string> classNames, PatchCacheOptions cache)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        cache.Validate();
        var problems = new OptionProblems("The patch features");
        problems.Require(patches >= 1, $"There are {patches} patches; there must be at least 1.");
        problems.Require(width >= 1, $"The width is {width}; it must be at least 1.");
        problems.Require(labels.Length > 0, "There are no labels, so no images; give at least one image.");
        problems.Require(
            patches < 1 || width < 1 || (Int128)patches * width * labels.Length == values.LongLength,
            $"There are {values.LongLength} values, but {labels.Length} labels x {patches} patches x width {width} makes {(Int128)patches * width * labels.Length}.");
        FeatureSet.CheckLabels(problems, labels, classNames);
        problems.ThrowIfAny(nameof(values));
        cache.RequireRoom(labels.Length, patches, width);
        RequireHoldable(values, cache.Precision, width, 0);
        var store = new PatchStore(patches * width, cache.Precision, labels.Length);
        store.Append(values);
        return store;
    }

    private void RequireRow(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} images; the index must be from 0 to {Count - 1}.");
        }
    }
}
