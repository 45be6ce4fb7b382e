using System.ComponentModel.DataAnnotations;
using NJepa.Data;
using NJepa.Evaluation;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>How often an <see cref="OnlineProbe"/> judges the encoder, on how many images, and how.</summary>
public sealed record OnlineProbeOptions
{
    /// <summary>Epochs between two readings. Besides, there is one before the first step and one after the last.</summary>
    /// <value>Default: 1. From 1 to 1,000,000. <see cref="EverySteps"/> takes its place where it is set.</value>
    [Range(1, 1_000_000)]
    public int EveryEpochs { get; init; } = 1;

    /// <summary>Steps between two readings, in place of epochs.</summary>
    /// <value>Default: null. From 1 to 1,000,000,000.</value>
    [Range(1.0, 1e9)]
    public long? EverySteps { get; init; }

    /// <summary>Which encoder is judged.</summary>
    /// <value>Default: <see cref="ProbedEncoder.Student"/>.</value>
    [EnumDataType(typeof(ProbedEncoder))]
    public ProbedEncoder Encoder { get; init; }

    /// <summary>
    /// Images that the classifiers learn from: as many of each class, at random by <see cref="Seed"/>, two at least. They stay decoded in memory, S x S x 3 bytes each (at 224 pixels 0.15 MB), and
    /// the encoder sees each of them once per reading.
    /// </summary>
    /// <value>Default: 2000. From 4 to 1,000,000.</value>
    [Range(4, 1_000_000)]
    public int MaxTrainingImages { get; init; } = 2000;

    /// <summary>Images that the classifiers are tested on, chosen and kept as those of <see cref="MaxTrainingImages"/>, one of each class at least. 1000 tell an accuracy to about three points.</summary>
    /// <value>Default: 1000. From 2 to 1,000,000.</value>
    [Range(2, 1_000_000)]
    public int MaxTestImages { get; init; } = 1000;

    /// <summary>How many nearest neighbours vote; all training images where there are fewer.</summary>
    /// <value>Default: 20. From 1 to 1,000,000.</value>
    [Range(1, 1_000_000)]
    public int Neighbours { get; init; } = 20;

    /// <summary>How the linear probe is trained; null leaves it out, which saves most of what a reading of a small network costs.</summary>
    /// <value>Default: <see cref="LinearProbeOptions.Default"/>.</value>
    public LinearProbeOptions? LinearProbe { get; init; } = LinearProbeOptions.Default;

    /// <summary>The view of each image; its size must be the encoder's.</summary>
    /// <value>Default: null, that of <see cref="FeatureExtractionOptions.Transform"/>. Pixels are normalised as in the training.</value>
    public EvaluationTransform? Transform { get; init; }

    /// <summary>Seed of the choice of images.</summary>
    /// <value>Default: 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Every reason why these settings cannot be used; empty when they can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        PretrainingOptionsValidator.AddRangeErrors(errors, "OnlineProbeOptions.", this, new OnlineProbeOptions());
        try
        {
            LinearProbe?.Validate();
        }
        catch (ArgumentException exception)
        {
            errors.Add($"OnlineProbeOptions.LinearProbe: {exception.Message}");
        }

        return errors;
    }

    /// <summary>The view for an encoder.</summary>
    /// <exception cref="TrainingException">It has another size.</exception>
    internal EvaluationTransform TransformFor(int imageSize)
    {
        EvaluationTransform transform = Transform ?? UsualView.Of(imageSize);
        return transform.ImageSize == imageSize
            ? transform
            : throw new TrainingException(Invariant(
                $"OnlineProbeOptions.Transform has {transform.ImageSize} pixels, but the encoder takes {imageSize}; set Transform.ImageSize to {imageSize}, or leave Transform out. No step was taken."));
    }
}
