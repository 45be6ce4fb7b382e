using System.Globalization;
using NJepa.Models;

namespace NJepa.Evaluation;

/// <summary>
/// The features of N images, one row of D numbers each, with the classes of the images where they are known.
/// Nothing here needs the images or the encoder any more: every probe works on such cached features.
/// </summary>
/// <remarks>Immutable as long as nobody writes into the arrays it was given; it keeps them without copying. Safe to read from several threads.</remarks>
public sealed class FeatureSet : ILabelledFeatures
{
    /// <summary>The label of an image whose class is unknown.</summary>
    /// <value>-1</value>
    public const int Unlabelled = -1;

    private readonly int[] _classCounts;

    /// <summary>Takes features and labels into use; neither array is copied.</summary>
    /// <param name="values">The features [N,D], row-major. All of them finite.</param>
    /// <param name="width">D, the number of features of an image; at least 1.</param>
    /// <param name="labels">The class of each image [N]: an index into <paramref name="classNames"/>, or <see cref="Unlabelled"/>.</param>
    /// <param name="classNames">The names of the classes, each once. Empty when nothing is labelled.</param>
    /// <param name="sourceIndices">Where each image stands in the source it came from [N]; null for 0 to N - 1.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, a label is out of range, or a class name is empty or repeated; all problems are listed.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite.</exception>
    public FeatureSet(float[] values, int width, int[] labels, IReadOnlyList<string> classNames, int[]? sourceIndices = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        CheckShapes(values, width, labels, classNames, sourceIndices);
        CheckFinite(values, width);
        Values = values;
        Width = width;
        Labels = labels;
        ClassNames = [.. classNames];
        SourceIndices = sourceIndices ?? [.. Enumerable.Range(0, labels.Length)];
        _classCounts = CountClasses(labels, ClassNames.Count);
    }

    /// <summary>N, the number of images; at least 1.</summary>
    public int Count => Labels.Length;

    /// <summary>D, the number of features of an image.</summary>
    public int Width { get; }

    /// <summary>The features [N,D], row-major.</summary>
    public float[] Values { get; }

    /// <summary>The class of each image [N]: an index into <see cref="ClassNames"/>, or <see cref="Unlabelled"/>.</summary>
    public int[] Labels { get; }

    /// <summary>The names of the classes; empty when nothing is labelled.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Where each image stands in the source it came from [N]: there its name and its pixels are to be found.</summary>
    public int[] SourceIndices { get; }

    /// <summary>Whether every image has a class.</summary>
    public bool IsLabelled => _classCounts.Sum() == Count;

    /// <summary>How many images each class has [classes], in the order of <see cref="ClassNames"/>.</summary>
    public IReadOnlyList<int> ClassCounts => _classCounts;

    /// <summary>The features of one image [D].</summary>
    /// <param name="index">Which image, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in [0, N).</exception>
    public ReadOnlySpan<float> Row(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} rows; the index must be from 0 to {Count - 1}.");
        }

        return Values.AsSpan(index * Width, Width);
    }

    /// <summary>A copy of some rows, in the order given. All class names stay, whether a class still has images or not.</summary>
    /// <param name="indices">Which rows; at least one.</param>
    /// <returns>The chosen rows.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, N).</exception>
    public FeatureSet Select(ReadOnlySpan<int> indices)
    {
        var values = new float[checked(indices.Length * Width)];
        var labels = new int[indices.Length];
        var sources = new int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            Row(indices[i]).CopyTo(values.AsSpan(i * Width));
            labels[i] = Labels[indices[i]];
            sources[i] = SourceIndices[indices[i]];
        }

        return new FeatureSet(values, Width, labels, ClassNames, sources);
    }

    /// <summary>
    /// Saves the features as safetensors, so that the encoder need not run again: <c>features</c> [N,D] float32, <c>labels</c> and <c>source_indices</c> [N] int32, the class names as JSON in the metadata.
    /// Readable from Python as well. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => FeatureFile.Save(this, path);

    /// <summary>Reads features that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The features.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged.</exception>
    /// <exception cref="EvaluationException">The file holds something else than features, or features that do not fit together.</exception>
    public static FeatureSet Load(string path) => FeatureFile.Load(path);

    /// <summary>What it holds, in one line.</summary>
    public override string ToString() => $"{Count} images x {Width} features, {ClassNames.Count} classes";

    private static void CheckShapes(float[] values, int width, int[] labels, IReadOnlyList<string> classNames, int[]? sourceIndices)
    {
        var problems = new OptionProblems("The features");
        problems.Require(width >= 1, $"The width is {width}; it must be at least 1.");
        problems.Require(labels.Length >= 1, "There are no labels, so no images; give at least one image.");
        problems.Require(
            values.LongLength == (long)width * labels.Length,
            $"There are {values.LongLength} values, but {labels.Length} labels x width {width} makes {(long)width * labels.Length}.");
        CheckLabels(problems, labels, classNames);
        problems.Require(
            sourceIndices is null || sourceIndices.Length == labels.Length,
            $"There are {sourceIndices?.Length} source indices, but {labels.Length} labels; give one per image, or none.");
        problems.ThrowIfAny(nameof(values));
    }

    internal static void CheckLabels(OptionProblems problems, int[] labels, IReadOnlyList<string> classNames)
    {
        int bad = Array.FindIndex(labels, label => label < Unlabelled || label >= classNames.Count);
        problems.Require(
            bad < 0,
            bad < 0 ? "" : $"Label {bad} is {labels[bad]}; with {classNames.Count} classes it must be from 0 to {classNames.Count - 1}, or {Unlabelled} for an unlabelled image.");
        problems.Require(!classNames.Any(string.IsNullOrWhiteSpace), "A class name is empty; every class needs a name.");
        string[] repeated = [.. classNames.GroupBy(name => name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"'{g.Key}'")];
        problems.Require(repeated.Length == 0, $"Class names must differ; repeated: {string.Join(", ", repeated)}.");
    }

    internal static int[] CountClasses(int[] labels, int classes)
    {
        var counts = new int[classes];
        foreach (int label in labels)
        {
            if (label >= 0)
            {
                counts[label]++;
            }
        }

        return counts;
    }

    private static void CheckFinite(float[] values, int width)
    {
        int first = Array.FindIndex(values, value => !float.IsFinite(value));
        if (first < 0)
        {
            return;
        }

        int bad = values.Count(value => !float.IsFinite(value));
        throw new EvaluationException(
            $"{bad} of {values.Length} features are not finite; the first is {values[first].ToString(CultureInfo.InvariantCulture)}, feature {first % width} of image {first / width}. "
            + "Every feature must be finite. The encoder has probably diverged: look at the loss curve, lower the learning rate, and extract the features again.");
    }
}
