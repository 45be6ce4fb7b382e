using System.ComponentModel.DataAnnotations;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>
/// The settings of a fine-tuning run. Defaults are those of MAE (arXiv 2111.06377, appendix A.1) without its mixing of images, random augmentation and drop path, which are not there. <see cref="Validate"/> checks
/// everything at once.
/// </summary>
public sealed record FineTuningOptions
{
    /// <summary>Number of passes over the training images.</summary>
    /// <value>Default 100. From 1 to 1,000,000.</value>
    [Range(1, 1_000_000)]
    public int Epochs { get; set; } = 100;

    /// <summary>B, images per optimizer step. The last images of an epoch that do not fill a batch are left out of it.</summary>
    /// <value>Default 128. From 1 to 65536, and no more than there are training images.</value>
    [Range(1, 65_536)]
    public int BatchSize { get; set; } = 128;

    /// <summary>Images that are computed at once: a batch is worked through in parts of this size, whose gradients add up to those of the whole batch. Smaller parts take less memory.</summary>
    /// <value>Default null: the whole batch at once. From 1 to <see cref="BatchSize"/>.</value>
    [Range(1, 65_536)]
    public int? MicroBatchSize { get; set; }

    /// <summary>The learning rate of the head at the end of the warm-up; layers below have a share of it (<see cref="LayerDecay"/>).</summary>
    /// <value>Default 5e-4: MAE's 1e-3 for 256 images, for the default batch of 128. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double LearningRate { get; set; } = 5e-4;

    /// <summary>The learning rate of the head at the last step, the end of a half cosine.</summary>
    /// <value>Default 1e-6. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double FinalLearningRate { get; set; } = 1e-6;

    /// <summary>Epochs of linear warm-up from 0; null for one twentieth of <see cref="Epochs"/> (MAE: 5 of 100).</summary>
    /// <value>Default null. From 0 to <see cref="Epochs"/>.</value>
    [Range(0.0, 1_000_000.0)]
    public double? WarmupEpochs { get; set; }

    /// <summary>
    /// By how much the learning rate falls from layer to layer, from the head down: of <c>depth</c> blocks counted from 0, block i has <c>LayerDecay^(depth - i)</c> of it, the patch embedding
    /// <c>LayerDecay^(depth + 1)</c>, the final LayerNorm and the head all of it. 1 trains all layers alike.
    /// </summary>
    /// <value>Default 0.75 (MAE, arXiv 2111.06377, appendix A.1; the idea is BEiT's, arXiv 2106.08254). From 0.01 to 1.</value>
    [Range(0.01, 1.0)]
    public double LayerDecay { get; set; } = 0.75;

    /// <summary>Decoupled weight decay of matrices and convolutions; biases and norms have none.</summary>
    /// <value>Default 0.05. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; set; } = 0.05;

    /// <summary>The share of each target that is spread evenly over all classes (arXiv 1512.00567).</summary>
    /// <value>Default 0.1. From 0 to 0.99.</value>
    [Range(0.0, 0.99)]
    public double LabelSmoothing { get; set; } = 0.1;

    /// <summary>AdamW's decay rate of the first moment.</summary>
    /// <value>Default 0.9. From 0 to 0.9999999.</value>
    [Range(0.0, 0.9999999)]
    public double Beta1 { get; set; } = 0.9;

    /// <summary>AdamW's decay rate of the second moment.</summary>
    /// <value>Default 0.999. From 0 to 0.9999999.</value>
    [Range(0.0, 0.9999999)]
    public double Beta2 { get; set; } = 0.999;

    /// <summary>AdamW's epsilon, added to the root of the second moment.</summary>
    /// <value>Default 1e-8. From 1e-16 to 1.</value>
    [Range(1e-16, 1.0)]
    public double Epsilon { get; set; } = 1e-8;

    /// <summary>Largest L2 norm of all gradients together; longer gradients are scaled down to it. Null does not clip.</summary>
    /// <value>Default null. From 1e-12 to 1e12.</value>
    [Range(1e-12, 1e12)]
    public double? MaxGradientNorm { get; set; }

    /// <summary>Smallest share of an image's area that a random crop covers.</summary>
    /// <value>Default 0.3, as in pretraining. From 0.0001 to <see cref="CropScaleMax"/>.</value>
    [Range(0.0001, 1.0)]
    public double CropScaleMin { get; set; } = 0.3;

    /// <summary>Largest share of an image's area that a random crop covers.</summary>
    /// <value>Default 1. From <see cref="CropScaleMin"/> to 1.</value>
    [Range(0.0001, 1.0)]
    public double CropScaleMax { get; set; } = 1.0;

    /// <summary>Whether half of the crops are mirrored. Leave it off where left and right mean something.</summary>
    /// <value>Default false, as in pretraining.</value>
    public bool HorizontalFlip { get; set; }

    /// <summary>Mean and standard deviation by which pixels are normalised; must be those of the pretraining.</summary>
    /// <value>Default <see cref="ImageNormalization.ImageNet"/>.</value>
    public ImageNormalization Normalization { get; set; } = ImageNormalization.ImageNet;

    /// <summary>
    /// The part of the training images, class by class, that is not trained on: the epoch is kept whose weights do best there. 0 trains on all images and keeps the last epoch. The test set never takes part in the choice.
    /// </summary>
    /// <value>Default 0.1. From 0 to 0.5.</value>
    [Range(0.0, 0.5)]
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>Seed of the validation split, the head's first weights, order and crops.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; set; }

    /// <summary>Background threads that decode images; 0 decodes on the training thread. The run is the same for any number.</summary>
    /// <value>Default 1 on two cores, half the cores otherwise, at most 8. From 0 to 256.</value>
    [Range(0, 256)]
    public int LoaderThreads { get; set; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    /// <summary>Batches that may be loaded ahead of the step.</summary>
    /// <value>Default 4. From 1 to 1024.</value>
    [Range(1, 1024)]
    public int Prefetch { get; set; } = 4;

    /// <summary>Largest share of images that may turn out unreadable before the run stops with the list of them.</summary>
    /// <value>Default 0.1. From 0 to 1.</value>
    [Range(0.0, 1.0)]
    public double MaxBadImageShare { get; set; } = 0.1;

    /// <summary>Steps between two progress reports; there is one more at the end of each epoch.</summary>
    /// <value>Default 10. From 1 to 1,000,000.</value>
    [Range(1, 1_000_000)]
    public int LogEvery { get; set; } = 10;

    /// <summary>The epochs of warm-up that apply: <see cref="WarmupEpochs"/>, or one twentieth of <see cref="Epochs"/>.</summary>
    public double EffectiveWarmupEpochs => WarmupEpochs ?? (Epochs / 20.0);

    /// <summary>Every reason why these settings cannot be used; empty when they can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        PretrainingOptionsValidator.AddRangeErrors(errors, "FineTuningOptions.", this, new FineTuningOptions());
        if (CropScaleMin > CropScaleMax)
        {
            errors.Add(Invariant($"FineTuningOptions.CropScaleMin is {CropScaleMin}, above CropScaleMax = {CropScaleMax}; swap them or lower the minimum."));
        }

        if (MicroBatchSize > BatchSize)
        {
            errors.Add(Invariant($"FineTuningOptions.MicroBatchSize is {MicroBatchSize}, above BatchSize = {BatchSize}; lower it, or leave it null to compute whole batches at once."));
        }

        if (WarmupEpochs > Epochs)
        {
            errors.Add(Invariant($"FineTuningOptions.WarmupEpochs is {WarmupEpochs}, more than Epochs = {Epochs}; shorten the warm-up or leave it null for one twentieth of the run."));
        }

        if (Normalization is null)
        {
            errors.Add("FineTuningOptions.Normalization is null; use that of the pretraining, ImageNormalization.ImageNet by default.");
        }

        return errors;
    }

    /// <summary>The learning rate of the head in a step.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    internal double LearningRateAt(long step, long stepsPerEpoch)
    {
        double total = (double)Epochs * stepsPerEpoch, warmup = Math.Floor(EffectiveWarmupEpochs * stepsPerEpoch), t = step + 1;
        return t < warmup
            ? LearningRate * t / warmup
            : FinalLearningRate + ((LearningRate - FinalLearningRate) * 0.5 * (1 + Math.Cos(Math.PI * (t - warmup) / Math.Max(1, total - warmup))));
    }

    internal TrainingAugmentation Augmentation(int imageSize) => new()
    {
        ImageSize = imageSize,
        CropScaleMin = CropScaleMin,
        CropScaleMax = CropScaleMax,
        HorizontalFlip = HorizontalFlip,
    };

    internal ImageLoaderOptions Loading() => new()
    {
        BatchSize = BatchSize,
        Seed = Seed,
        Threads = LoaderThreads,
        Prefetch = Prefetch,
        MaxBadImageShare = MaxBadImageShare,
    };

    /// <summary>How validation and test images become features: the view that <see cref="FeatureExtractor"/> has by default.</summary>
    internal FeatureExtractionOptions Extraction() => new() { Normalization = Normalization, Loading = Loading() };
}
