using NJepa.Data;
using NJepa.Models;

namespace NJepa.Evaluation;

/// <summary>
/// Whether pretraining did anything: an encoder against the two floors that need none, an untrained encoder of the same size and the raw pixels, by nearest neighbours and by a linear
/// probe, on the same images.
/// </summary>
public static class EncoderEvaluation
{
    private const int Stages = 9;

    /// <summary>Extracts features three ways, evaluates each, and compares.</summary>
    /// <param name="encoder">The encoder. N-JEPA evaluates the student, I-JEPA the teacher.</param>
    /// <param name="train">The labelled training images; at least two classes and two images of each.</param>
    /// <param name="test">The labelled test images of the same classes; classes are matched by name.</param>
    /// <param name="options">What to measure; null for the defaults.</param>
    /// <param name="progress">Receives the stage and the part that is done; null for none.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <returns>
    /// A report with three rows (raw pixels, untrained encoder, the encoder), the gains over both floors with their intervals, and what follows in plain words.
    /// Images that could not be read for one row are left out of all.
    /// </returns>
    /// <exception cref="ArgumentException">A source is empty, an option is out of range, or the view has another size than the encoder takes.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="ImageLoaderOptions.MaxBadImageShare"/> allows cannot be read.</exception>
    /// <exception cref="EvaluationException">
    /// A source is unlabelled, the training images have one class or a class with one image, the classes differ, there are fewer training images than neighbours, no image can be read, or
    /// a feature is not finite. What labels alone can tell is found before any image is read.
    /// </exception>
    public static EvaluationReport Evaluate(
        ViTEncoder encoder,
        IImageSource train,
        IImageSource test,
        EncoderEvaluationOptions? options = null,
        IProgress<EncoderEvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        options ??= new();
        options.Validate();
        CheckLabels(train, test, options);
        int stage = 0;
        FeatureSet[] pixels = Both(EvaluationEntry.RawPixels, (source, part) => FeatureExtractor.ExtractRawPixels(source, options.RawPixelSize, options.Features.Loading, part, cancellationToken));
        FeatureSet[] untrained;
        using (ViTEncoder fresh = ViTEncoder.Create(encoder.Configuration, options.UntrainedSeed, encoder.Device))
        {
            untrained = Both(EvaluationEntry.Untrained, (source, part) => FeatureExtractor.Extract(fresh, source, options.Features, part, cancellationToken));
        }

        FeatureSet[] trained = Both(options.Name, (source, part) => FeatureExtractor.Extract(encoder, source, options.Features, part, cancellationToken));
        FeatureSet[] trainSets = OnCommonImages(pixels[0], untrained[0], trained[0]);
        FeatureSet[] testSets = OnCommonImages(pixels[1], untrained[1], trained[1]);
        string[] names = [EvaluationEntry.RawPixels, EvaluationEntry.Untrained, options.Name];
        var entries = new EvaluationEntry[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            bool areFeatures = i > 0;
            IProgress<double> measured = Stage($"{names[i]}: kNN, linear probe{(areFeatures ? " and collapse" : "")}");
            entries[i] = areFeatures
                ? EvaluationEntry.Measure(names[i], trainSets[i], testSets[i], options.Neighbours, options.Probe, isFloor: i < 2, cancellationToken)
                : EvaluationEntry.Classify(names[i], trainSets[i], testSets[i], options.Neighbours, options.Probe, isFloor: true, cancellationToken);
            measured.Report(1);
        }

        return new EvaluationReport(entries).WithGains();

        FeatureSet[] Both(string name, Func<IImageSource, IProgress<double>, FeatureSet> extract) =>
            [extract(train, Stage($"{name}: training features")), extract(test, Stage($"{name}: test features"))];

        IProgress<double> Stage(string what)
        {
            var part = new StageProgress(progress, what, stage++);
            part.Report(0);
            return part;
        }
    }

    /// <summary>Everything that labels can be wrong about, before minutes are spent on features.</summary>
    private static void CheckLabels(IImageSource train, IImageSource test, EncoderEvaluationOptions options)
    {
        FeatureSet trainLabels = LabelsOf(train, "training", nameof(train)), testLabels = LabelsOf(test, "test", nameof(test));
        ClassChecks.RequireClasses(trainLabels, "training set", minimumPerClass: 2);
        ClassChecks.MapTestLabels(trainLabels, testLabels);
        NearestNeighbours.RequireEnough(options.Neighbours.Neighbours.Max(), train.Count);
    }

    private static FeatureSet LabelsOf(IImageSource source, string role, string parameter)
    {
        if (source.Count == 0)
        {
            throw new ArgumentException($"There are no {role} images; give a folder or zip with images of at least two classes.", parameter);
        }

        return new(new float[source.Count], 1, [.. Enumerable.Range(0, source.Count).Select(source.GetLabel)], source.ClassNames);
    }

    /// <summary>The rows of images that every set has: a damaged file may be readable at one size and not at another, and a paired comparison needs the same images.</summary>
    private static FeatureSet[] OnCommonImages(params FeatureSet[] sets)
    {
        HashSet<int> common = [.. sets[0].SourceIndices];
        foreach (FeatureSet set in sets)
        {
            common.IntersectWith(set.SourceIndices);
        }

        if (common.Count == 0)
        {
            throw new EvaluationException("No image could be read for all of raw pixels and both encoders; check that the files do not change while they are read.");
        }

        return
        [
            .. sets.Select(set => set.Count == common.Count ? set : set.Select([.. Enumerable.Range(0, set.Count).Where(row => common.Contains(set.SourceIndices[row]))])),
        ];
    }

    private sealed class StageProgress(IProgress<EncoderEvaluationProgress>? progress, string stage, int index) : IProgress<double>
    {
        public void Report(double value) => progress?.Report(new(stage, (index + value) / Stages));
    }
}
