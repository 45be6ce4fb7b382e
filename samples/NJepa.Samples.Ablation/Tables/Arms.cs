using System.Globalization;
using NJepa.Models;
using NJepa.Noise;

namespace NJepa.Samples.Ablation.Tables;

/// <summary>All rows that there are. As in the paper, rows differ from single-level N-JEPA with EDM noise and the weights 1 / 0.1 / 0.1 where they do not say otherwise.</summary>
internal static class Arms
{
    public static Arm IJepa { get; } = new("i-jepa", "I-JEPA (C,T)", recipe => recipe);

    public static Arm Single { get; } = new("n-jepa-single", "N-JEPA, single-level", Noisy);

    public static Arm Multi { get; } = new("n-jepa-multi", "N-JEPA, multi-level", MultiLevel);

    public static Arm CleanAndNoisyClean { get; } = Weighted("loss-ct-nc", "(C,T) + (N,C)", 1, 0, 1);

    public static Arm CleanAndNoisyTeacher { get; } = Weighted("loss-ct-nt", "(C,T) + (N,T)", 1, 1, 0);

    public static Arm AllThree { get; } = Weighted("weights-1-1-1", "all three, 1 / 1 / 1", 1, 1, 1);

    public static Arm WeakNoisyClean { get; } = Weighted("weights-1-1-0.1", "1 / 1 / 0.1", 1, 1, 0.1);

    public static Arm WeakNoisyTeacher { get; } = Weighted("weights-1-0.1-1", "1 / 0.1 / 1", 1, 0.1, 1);

    public static Arm SharedMaskToken { get; } = new("shared-mask-token", "shared mask token", recipe => Noisy(recipe) with { SharedMaskToken = true });

    public static Arm SharedPredictor { get; } = new("shared-predictor", "shared predictor", recipe => Noisy(recipe) with { SharedPredictor = true });

    public static Arm NoNoise { get; } = With("noise-none", "no noise (two clean predictors)", Noise.NoNoise.Instance);

    /// <summary>The median of the EDM noise's levels.</summary>
    public static Arm FixedMedian { get; } = With("noise-fixed-0.3", "fixed, sigma 0.30", new FixedNoise(0.30));

    /// <summary>The mean of the EDM noise's levels.</summary>
    public static Arm FixedMean { get; } = With("noise-fixed-0.62", "fixed, sigma 0.62", new FixedNoise(0.62));

    public static Arm DdpmLinear { get; } = With("noise-ddpm-linear", "DDPM, linear schedule", VariancePreservingNoise.Linear);

    public static Arm DdpmCosine { get; } = With("noise-ddpm-cosine", "DDPM, cosine schedule", VariancePreservingNoise.Cosine);

    public static Arm ContextNoise { get; } = new("context-noise", "noise on visible patches too", recipe => MultiLevel(recipe) with { ContextNoise = true });

    public static Arm IJepaWithoutTerms { get; } = new("i-jepa-without-terms", "I-JEPA, without", recipe => recipe with { VarianceCovariance = VarianceCovarianceWeights.None });

    public static Arm MultiWithoutTerms { get; } =
        new("n-jepa-multi-without-terms", "N-JEPA, multi-level, without", recipe => MultiLevel(recipe) with { VarianceCovariance = VarianceCovarianceWeights.None });

    /// <summary>EDM noise whose levels are multiplied by a factor.</summary>
    public static Arm SigmaTimes(double factor)
    {
        string text = factor.ToString(CultureInfo.InvariantCulture);
        return With($"sigma-x{text}", $"sigma x {text}", EdmNoise.Default with { PMean = EdmNoise.Default.PMean + Math.Log(factor) });
    }

    private static Arm With(string id, string name, PositionNoise noise) => new(id, name, recipe => recipe with { Noise = noise });

    private static Arm Weighted(string id, string name, double cleanTeacher, double noisyTeacher, double noisyClean) =>
        new(id, name, recipe => Noisy(recipe) with { LossWeights = new JepaLossWeights(cleanTeacher, noisyTeacher, noisyClean) });

    private static JepaRecipe Noisy(JepaRecipe recipe) => recipe with { Noise = EdmNoise.Default };

    private static JepaRecipe MultiLevel(JepaRecipe recipe) => Noisy(recipe) with { Granularity = NoiseGranularity.MultiLevel };
}
