using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>Judges encoders, all in the same way: features are computed once per image, and every measure works on these.</summary>
internal sealed class EncoderEvaluator(QuickStartImages images, FeatureExtractionOptions options)
{
    private const int Neighbours = 20;

    private readonly SortedSet<string> _unreadable = new(StringComparer.Ordinal);

    /// <summary>Why there are no accuracies; null when there are. Known after the first <see cref="Measure"/>.</summary>
    public string? WhyNoAccuracy { get; private set; }

    /// <summary>All images that could not be used: those that training met, with the reason, and those that were left out here.</summary>
    public string[] Unreadable(IReadOnlyList<BadImage> metInTraining)
    {
        IEnumerable<string> others = _unreadable.Except(metInTraining.Select(image => image.Name), StringComparer.Ordinal);
        return [.. metInTraining.Select(image => image.ToString()), .. others];
    }

    /// <summary>The features of the encoder that was measured last.</summary>
    public EncoderFeatures? Features { get; private set; }

    /// <summary>The linear classifier on the features of the encoder that was measured last; null where there is nothing to classify.</summary>
    public LinearClassifier? Classifier { get; private set; }

    public EncoderScores Measure(ViTEncoder encoder, CancellationToken cancellationToken)
    {
        FeatureSet train = Extract(encoder, images.EvaluationTraining, cancellationToken);
        FeatureSet? test = images.EvaluationTest is { } source ? Extract(encoder, source, cancellationToken) : null;
        Features = new EncoderFeatures(train, test);
        WhyNoAccuracy = Obstacle(train, test);
        Classifier = null;
        Accuracy? near = null;
        Accuracy? linear = null;
        if (WhyNoAccuracy is null)
        {
            var nearest = new NearestNeighboursOptions { Neighbours = [Math.Min(Neighbours, train.Count)] };
            near = Accuracy.Of(NearestNeighbours.Evaluate(train, test!, nearest, cancellationToken)[0]);
            LinearProbeFit probe = LinearProbe.Fit(train, LinearProbeOptions.Default, cancellationToken);
            Classifier = probe.Classifier;
            linear = Accuracy.Of(Classifier.Evaluate(test!, probe.Method));
        }

        CollapseReport collapse = CollapseMeasures.Measure(train);
        return new(near, linear, collapse.RankMe, collapse.Width, collapse.FeatureStandardDeviation, collapse.MeanPairwiseCosine, collapse.IsCollapsed);
    }

    private FeatureSet Extract(ViTEncoder encoder, IImageSource source, CancellationToken cancellationToken)
    {
        FeatureSet features = FeatureExtractor.Extract(encoder, source, options, cancellationToken: cancellationToken);
        _unreadable.UnionWith(Enumerable.Range(0, source.Count).Except(features.SourceIndices).Select(source.GetName));
        return features;
    }

    private static string? Obstacle(FeatureSet train, FeatureSet? test)
    {
        if (!train.IsLabelled)
        {
            return "the images lie in no class folders";
        }

        if (train.ClassCounts.Count(count => count > 0) < 2)
        {
            return $"all images are of one class, '{train.ClassNames[train.Labels[0]]}'";
        }

        int small = train.ClassCounts.ToList().FindIndex(count => count < 2);
        return small >= 0 ? $"class '{train.ClassNames[small]}' has fewer than two training images"
            : test is null ? "the test images lie in no class folders"
            : null;
    }
}
