using NJepa.Models;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Options;

/// <summary>All that the runs of one output folder have in common: size of the network, length of the training, what features are judged on. It is written into the folder and must stay.</summary>
internal sealed record AblationScale
{
    public string Model { get; init; } = "nano";

    public int ImageSize { get; init; } = 32;

    public int PatchSize { get; init; } = 4;

    public int Epochs { get; init; } = 10;

    public int BatchSize { get; init; } = 64;

    /// <summary>The numbers that the networks compute with.</summary>
    public Precision Precision { get; init; }

    /// <summary>The teacher's momentum at the start.</summary>
    public double Momentum { get; init; } = PretrainingOptions.SmallData.Momentum;

    /// <summary>The smallest share of a picture that a crop shows.</summary>
    public double CropScale { get; init; } = PretrainingOptions.SmallData.CropScaleMin;

    /// <summary>Weight of the variance term in every arm.</summary>
    public double Variance { get; init; } = JepaRecipe.SmallData.VarianceCovariance.Variance;

    /// <summary>Weight of the covariance term in every arm.</summary>
    public double Covariance { get; init; } = JepaRecipe.SmallData.VarianceCovariance.Covariance;

    /// <summary>At most so many training images (as many of each class) for probes and neighbours.</summary>
    public int ProbeImages { get; init; } = 10_000;

    /// <summary>At most so many test images (as many of each class).</summary>
    public int TestImages { get; init; } = 10_000;

    /// <summary>The encoder.</summary>
    public ViT Encoder() => Preset() with { ImageSize = ImageSize, PatchSize = PatchSize };

    /// <summary>What all arms start from: plain I-JEPA with masks for small grids and the two terms.</summary>
    public JepaRecipe Recipe() => JepaRecipe.IJepa with
    {
        Masking = JepaRecipe.SmallData.Masking,
        VarianceCovariance = new VarianceCovarianceWeights(Variance, Covariance),
    };

    /// <summary>Steps of every training.</summary>
    /// <param name="images">How many images there are to pretrain on.</param>
    public long Steps(int images) => (long)Epochs * (images / Math.Min(BatchSize, images));

    /// <summary>The training of every arm.</summary>
    public PretrainingOptions Training(int images, ulong seed, double learningRate) => PretrainingOptions.SmallData with
    {
        Epochs = Epochs,
        BatchSize = Math.Min(BatchSize, images),
        LearningRate = learningRate,
        Momentum = Momentum,
        CropScaleMin = CropScale,
        Seed = seed,
    };

    private ViT Preset() => Model switch
    {
        "nano" => ViT.Nano4,
        "tiny" => ViT.Tiny16,
        "small" => ViT.Small16,
        "base" => ViT.Base16,
        _ => throw new AblationException($"There is no model called '{Model}'; there are nano, tiny, small and base."),
    };
}
