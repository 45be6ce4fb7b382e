using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Judges every encoder in the same way.</summary>
internal sealed class EncoderJudge(AblationImages images)
{
    private const int Neighbours = 20;

    // The paper's protocol: SGD, batch 1024, 50 epochs, cosine; the learning rate by a validation part.
    private static readonly LinearProbeOptions Protocol = new GradientProbeOptions();

    public EncoderResult Judge(ViTEncoder encoder, CancellationToken cancellationToken)
    {
        var options = new FeatureExtractionOptions();
        FeatureSet train = FeatureExtractor.Extract(encoder, images.ProbeTraining, options, cancellationToken: cancellationToken);
        FeatureSet test = FeatureExtractor.Extract(encoder, images.Test, options, cancellationToken: cancellationToken);
        return Judge(train, test, cancellationToken) with { Collapse = CollapseMeasures.Measure(train) };
    }

    /// <summary>The floor that needs no network.</summary>
    public EncoderResult JudgePixels(int imageSize, CancellationToken cancellationToken) => Judge(
        FeatureExtractor.ExtractRawPixels(images.ProbeTraining, imageSize, cancellationToken: cancellationToken),
        FeatureExtractor.ExtractRawPixels(images.Test, imageSize, cancellationToken: cancellationToken),
        cancellationToken);

    private static EncoderResult Judge(FeatureSet train, FeatureSet test, CancellationToken cancellationToken)
    {
        var neighbours = new NearestNeighboursOptions { Neighbours = [Math.Min(Neighbours, train.Count)] };
        ClassificationResult nearest = NJepa.Evaluation.NearestNeighbours.Evaluate(train, test, neighbours, cancellationToken)[0];
        LinearProbeResult linear = LinearProbe.Evaluate(train, test, Protocol, cancellationToken);
        LinearProbeResult logistic = LinearProbe.Evaluate(train, test, LinearProbeOptions.Default, cancellationToken);
        return new(nearest, linear.Classification, logistic.Classification, linear.Chosen.ValidationAccuracy, Collapse: null);
    }
}
