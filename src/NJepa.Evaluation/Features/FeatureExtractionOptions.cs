using NJepa.Data;
using NJepa.Models;

namespace NJepa.Evaluation;

/// <summary>How images become features.</summary>
public sealed record FeatureExtractionOptions
{
    /// <summary>The view of each image; its size must be the encoder's.</summary>
    /// <value>
    /// Default: null. That is the encoder's image size, with the usual resize to 256/224 of it and a central crop from 128 pixels on, and the whole central
    /// square (<see cref="EvaluationTransform.CentralSquare"/>) below.
    /// </value>
    public EvaluationTransform? Transform { get; init; }

    /// <summary>The normalisation of the pixels; must be that of the pretraining.</summary>
    /// <value>Default: <see cref="ImageNormalization.ImageNet"/>.</value>
    public ImageNormalization Normalization { get; init; } = ImageNormalization.ImageNet;

    /// <summary>Batch size, loader threads, and how many unreadable images are put up with; these are left out.</summary>
    /// <value>Default: the defaults of <see cref="ImageLoaderOptions"/>, among them batches of 128.</value>
    public ImageLoaderOptions Loading { get; init; } = new();

    /// <summary>From how many of the encoder's last layers features are taken; they are concatenated.</summary>
    /// <value>Default: 1. From 1 to the encoder's depth; the low-shot protocol of the N-JEPA paper uses 1 and 4.</value>
    public int LastLayers { get; init; } = 1;

    internal EvaluationTransform TransformFor(int imageSize) => Transform ?? UsualView.Of(imageSize);
}
