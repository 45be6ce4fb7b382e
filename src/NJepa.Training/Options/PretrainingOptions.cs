using System.ComponentModel.DataAnnotations;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>
/// The settings of a pretraining run. Defaults are those of the N-JEPA and I-JEPA papers; <see cref="SmallData"/> is for a few thousand images.
/// Binds from configuration; <see cref="Validate"/> checks everything at once.
/// </summary>
public sealed record PretrainingOptions
{
    /// <summary>The papers' settings (I-JEPA, appendix A.1; N-JEPA's 100-epoch runs). ViT-B/16, ImageNet-1K.</summary>
    public static PretrainingOptions Paper => new();

    /// <summary>
    /// For a few hundred to some ten thousand images, with <see cref="JepaRecipe.SmallData"/>: batches of 64, a higher learning rate, a teacher that follows faster, flips.
    /// What was tried and what it gave stands in docs/small-data.md.
    /// </summary>
    public static PretrainingOptions SmallData => new()
    {
        Epochs = 20,
        BatchSize = 64,
        LearningRate = 2e-3,
        Momentum = 0.98,
        HorizontalFlip = true,
    };

    /// <summary>Number of passes over the images.</summary>
    /// <value>Default 100. From 1 to 1,000,000.</value>
    [Range(1, 1_000_000)]
    public int Epochs { get; set; } = 100;

    /// <summary>B, images per optimizer step. The last images of an epoch that do not fill a batch are left out of it.</summary>
    /// <value>Default 128. From 1 to 65536, and no more than there are images.</value>
    [Range(1, 65_536)]
    public int BatchSize { get; set; } = 128;

    /// <summary>
    /// Images that are computed at once: a batch is worked through in parts of this size, whose gradients add up to those of the whole batch, to float32's rounding. Smaller parts take less memory.
    /// With the variance and covariance terms, which are functions of the whole batch, parts cost one more pass of the student.
    /// </summary>
    /// <value>Default null: the whole batch at once. From 1 to <see cref="BatchSize"/>.</value>
    [Range(1, 65_536)]
    public int? MicroBatchSize { get; set; }

    /// <summary>The peak learning rate, reached at the end of the warm-up.</summary>
    /// <value>Default 1e-3 (the paper's, for its batch of 2048). From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>The learning rate from which the warm-up starts.</summary>
    /// <value>Default 2e-4. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double StartLearningRate { get; set; } = 2e-4;

    /// <summary>The learning rate at the end of the stretched schedule.</summary>
    /// <value>Default 1e-6. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double FinalLearningRate { get; set; } = 1e-6;

    /// <summary>What the learning rate does after the warm-up.</summary>
    /// <value>Default <see cref="LearningRateShape.Cosine"/>.</value>
    [EnumDataType(typeof(LearningRateShape))]
    public LearningRateShape LearningRateShape { get; set; }

    /// <summary>Epochs of linear warm-up; null for one fifteenth of <see cref="Epochs"/>, as in the released recipe (40 of 600).</summary>
    /// <value>Default null. From 0 to <see cref="Epochs"/>.</value>
    [Range(0.0, 1_000_000.0)]
    public double? WarmupEpochs { get; set; }

    /// <summary>Decoupled weight decay at the start.</summary>
    /// <value>Default 0.04. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; set; } = 0.04;

    /// <summary>Decoupled weight decay at the end of the stretched schedule.</summary>
    /// <value>Default 0.4. From 0 to 10.</value>
    [Range(0.0, 10.0)]
    public double FinalWeightDecay { get; set; } = 0.4;

    /// <summary>EMA momentum of the teacher at the first step.</summary>
    /// <value>Default 0.996. From 0 to 1.</value>
    [Range(0.0, 1.0)]
    public double Momentum { get; set; } = 0.996;

    /// <summary>EMA momentum of the teacher at the end of the stretched schedule.</summary>
    /// <value>Default 1. From 0 to 1.</value>
    [Range(0.0, 1.0)]
    public double FinalMomentum { get; set; } = 1.0;

    /// <summary>Length of all schedules as a multiple of the run, which cuts them off.</summary>
    /// <value>Default 1.25. From 1 to 100.</value>
    [Range(1.0, 100.0)]
    public double ScheduleStretch { get; set; } = 1.25;

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

    /// <summary>
    /// What to do when a loss or a gradient is infinite or not a number (also when the sum of all squared gradients exceeds float32, 3e38). Such a step changes neither weights nor optimizer nor
    /// teacher. On a GPU the run learns of it with the next report, after at most 500 steps.
    /// </summary>
    /// <value>Default <see cref="NonFinitePolicy.Stop"/>.</value>
    [EnumDataType(typeof(NonFinitePolicy))]
    public NonFinitePolicy OnNonFinite { get; set; }

    /// <summary>How many steps of the whole run <see cref="NonFinitePolicy.SkipStep"/> may skip; one more stops it.</summary>
    /// <value>Default 10. From 0 to 1,000,000.</value>
    [Range(0, 1_000_000)]
    public int MaxSkippedSteps { get; set; } = 10;

    /// <summary>Smallest share of an image's area that a random crop covers.</summary>
    /// <value>Default 0.3. From 0.0001 to <see cref="CropScaleMax"/>.</value>
    [Range(0.0001, 1.0)]
    public double CropScaleMin { get; set; } = 0.3;

    /// <summary>Largest share of an image's area that a random crop covers.</summary>
    /// <value>Default 1. From <see cref="CropScaleMin"/> to 1.</value>
    [Range(0.0001, 1.0)]
    public double CropScaleMax { get; set; } = 1.0;

    /// <summary>Whether half of the crops are mirrored. Leave it off where left and right mean something.</summary>
    /// <value>Default false, as in the reference.</value>
    public bool HorizontalFlip { get; set; }

    /// <summary>Mean and standard deviation by which pixels are normalised.</summary>
    /// <value>Default <see cref="ImageNormalization.ImageNet"/>.</value>
    public ImageNormalization Normalization { get; set; } = ImageNormalization.ImageNet;

    /// <summary>Seed of order, crops, masks and noise. The model has its own for the initial weights.</summary>
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

    /// <summary>
    /// A file in which to keep the images decoded, shrunk and packed, for runs that wait for decoding: made at the start of the run, used again by later ones, made anew when images or settings change
    /// (see <see cref="PackedImages"/> for what is noticed). One file for each set of images. Crops stay the same; pixels of images that are shrunk differ slightly. Null decodes each time.
    /// </summary>
    /// <value>Default null. The log states the size that is needed.</value>
    public string? ImageCache { get; set; }

    /// <summary>Shorter side of the images in <see cref="ImageCache"/>, in pixels; smaller images are kept as they are. Null for the model's image size / sqrt(<see cref="CropScaleMin"/>), rounded up: enough for the smallest crop.</summary>
    /// <value>Default null. From 1 to 16384.</value>
    [Range(1, PackedImagesOptions.MaxShorterSide)]
    public int? ImageCacheSize { get; set; }

    /// <summary>Largest share of images that may turn out unreadable before the run stops with the list of them.</summary>
    /// <value>Default 0.1. From 0 to 1.</value>
    [Range(0.0, 1.0)]
    public double MaxBadImageShare { get; set; } = 0.1;

    /// <summary>Steps between two progress reports. Losses are averaged over them on the device and read once per report.</summary>
    /// <value>Default 10. From 1 to 1,000,000.</value>
    [Range(1, 1_000_000)]
    public int LogEvery { get; set; } = 10;

    /// <summary>
    /// Whether to measure now and then how well the teacher still tells images apart (<see cref="TrainingProgress.Collapse"/>), and to warn when features collapse. It does not change the run.
    /// </summary>
    /// <value>Default true.</value>
    public bool WatchCollapse { get; set; } = true;

    /// <summary>
    /// Steps between two such measurements, each at the first report from there on and at the end of the run. Null for an epoch, but no less than 100 steps and no more than 500: one
    /// costs about as much as a step or two.
    /// </summary>
    /// <value>Default null. From 1 to 1,000,000,000.</value>
    [Range(1.0, 1e9)]
    public long? CollapseCheckEvery { get; set; }

    /// <summary>Images for that, chosen by <see cref="Seed"/>, decoded at the first measurement and kept in memory (at 224 pixels 0.15 MB each). Fewer if there are no more or some cannot be read.</summary>
    /// <value>Default 256. From 2 to 65536.</value>
    [Range(2, 65_536)]
    public int CollapseProbeImages { get; set; } = 256;

    /// <summary>
    /// Warn when the standard deviation of the features over images is at most this share of their root mean square. Untrained it is about 0.13; runs that learn stay above 0.1, collapsed ones fall to
    /// 0.01 and less. It counts once both thresholds have been passed, or after the warm-up, and from <see cref="CollapseReport.CollapsedVariation"/> down at any time.
    /// </summary>
    /// <value>Default 0.02. From 0 (only if all images have the very same features) to 1.</value>
    [Range(0.0, 1.0)]
    public double CollapseVariation { get; set; } = 0.02;

    /// <summary>
    /// Warn when <see cref="CollapseReport.RankMe"/> is less than this: the features then consist of a part that all images share. Untrained it is 5 to 12 (2 for the
    /// smallest networks), collapsed 1.2; with fewer than 6 images less is asked for. It counts as <see cref="CollapseVariation"/> does.
    /// </summary>
    /// <value>Default 1.5. From 0, which switches it off, to 65536.</value>
    [Range(0.0, 65_536.0)]
    public double CollapseRankMe { get; set; } = 1.5;

    /// <summary>Folder for the result: model.safetensors, student.safetensors and teacher.safetensors, written when the run ends or is cancelled; besides, losses.csv (<see cref="LossLog"/>), bad-images.csv (<see cref="BadImageReport"/>) and the checkpoints. One run at a time. Null saves nothing.</summary>
    /// <value>Default null.</value>
    public string? OutputDirectory { get; set; }

    /// <summary>When the run saves itself in <see cref="OutputDirectory"/>, and what it keeps.</summary>
    /// <value>Default: every 10 minutes, the newest two stay.</value>
    public CheckpointOptions Checkpoints { get; set; } = new();

    /// <summary>The epochs of warm-up that apply: <see cref="WarmupEpochs"/>, or one fifteenth of <see cref="Epochs"/>.</summary>
    public double EffectiveWarmupEpochs => WarmupEpochs ?? (Epochs / 15.0);

    /// <summary>Every reason why these settings cannot be used; empty when they can.</summary>
    public IReadOnlyList<string> Validate() => PretrainingOptionsValidator.Errors(this);

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
        Cache = ImageCache,
        CacheSize = ImageCacheSize,
    };
}
