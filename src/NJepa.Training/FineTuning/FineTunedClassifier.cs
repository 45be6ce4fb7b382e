using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>A fine-tuned encoder and the linear head on the mean of its patch features.</summary>
/// <remarks>
/// <c>Encoder.Save</c> keeps the encoder; a head is made again from its numbers: <c>new LinearClassifier(head.ClassNames, head.Weights, head.Bias)</c>. Dispose it to free the encoder.
/// </remarks>
public sealed class FineTunedClassifier : IDisposable
{
    private readonly FeatureExtractionOptions _extraction;

    internal FineTunedClassifier(ViTEncoder encoder, LinearClassifier head, FeatureExtractionOptions extraction) => (Encoder, Head, _extraction) = (encoder, head, extraction);

    /// <summary>The tuned encoder, which belongs to this object.</summary>
    public ViTEncoder Encoder { get; }

    /// <summary>The head, for features of <see cref="FeatureExtractor.Extract"/> with <see cref="Encoder"/>.</summary>
    public LinearClassifier Head { get; }

    /// <summary>Classifies labelled images, seen as <see cref="FeatureExtractor"/> sees them by default, and compares. Images that cannot be read are left out.</summary>
    /// <param name="images">The labelled images, of the same classes; classes are matched by name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The result.</returns>
    /// <exception cref="EvaluationException">An image is unlabelled, the classes differ, no image can be read, or a feature is NaN or infinite.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="FineTuningOptions.MaxBadImageShare"/> allows cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ClassificationResult Evaluate(IImageSource images, CancellationToken cancellationToken = default) =>
        Evaluate(Encoder, Head, _extraction, images, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => Encoder.Dispose();

    internal static ClassificationResult Evaluate(ViTEncoder encoder, LinearClassifier head, FeatureExtractionOptions extraction, IImageSource images, CancellationToken cancellationToken) =>
        head.Evaluate(FeatureExtractor.Extract(encoder, images, extraction, progress: null, cancellationToken), "fine-tuning");
}
