using NJepa.Masking;
using NJepa.Noise;

namespace NJepa.Models;

/// <summary>
/// Everything that defines the method but the size of the networks: masks, noise, losses, what is shared. The presets are starting points;
/// <see cref="JepaBuilder.WithRecipe"/> applies one, later calls of the builder change it.
/// </summary>
public sealed record JepaRecipe
{
    /// <summary>
    /// N-JEPA as in the paper's best run: EDM noise, multi-level, unshared predictors and mask tokens, weights 1 / 0.1 / 0.1, with NJepa's corrected masks.
    /// ViT-B/16 on ImageNet-1K for 100 / 600 epochs reached 68.3 / 73.6 % linear probe in the paper.
    /// </summary>
    public static JepaRecipe Paper { get; } = new() { Name = "paper", Noise = EdmNoise.Default, Granularity = NoiseGranularity.MultiLevel };

    /// <summary>I-JEPA, the paper's baseline, with NJepa's corrected masks: 66.8 / 72.1 % in the paper's setting.</summary>
    public static JepaRecipe IJepa { get; } = new() { Name = "i-jepa" };

    /// <summary>I-JEPA with every choice of the reference implementation, for parity: its masks, with one random number for the size, a top-left context and the highest indices cut.</summary>
    public static JepaRecipe Reference { get; } = new() { Name = "reference", Masking = MultiBlockMasking.Reference };

    /// <summary>
    /// N-JEPA for a few thousand images and small grids: variance and covariance terms on (without them the small set that was tried learned far less), masks that keep as few as 4 patches.
    /// What was tried and what it gave stands in docs/small-data.md.
    /// </summary>
    public static JepaRecipe SmallData { get; } = Paper with
    {
        Name = "small-data",
        Masking = MultiBlockMasking.Paper with { MinKeep = 4 },
        VarianceCovariance = new VarianceCovarianceWeights(0.05, 0.005),
    };

    /// <summary>A name for people and logs. The builder marks a recipe that later calls changed, such as <c>n-jepa (changed)</c>.</summary>
    /// <value>Default "custom".</value>
    public string Name { get; init; } = "custom";

    /// <summary>The noise of the noisy predictor's positions; null for plain I-JEPA, without a noisy predictor.</summary>
    /// <value>Default null.</value>
    public PositionNoise? Noise { get; init; }

    /// <summary>One map of noise per image, or one per image and target block.</summary>
    /// <value>Default <see cref="NoiseGranularity.SingleLevel"/>.</value>
    public NoiseGranularity Granularity { get; init; }

    /// <summary>
    /// Whether the noise disturbs the noisy predictor's positions of the visible patches as well: in the paper only those of the mask tokens. The same map is read by both.
    /// </summary>
    /// <value>Default false, the paper's.</value>
    public bool ContextNoise { get; init; }

    /// <summary>Whether both predictors read the same mask token. The paper's ablation: unshared is better (66.5 against 67.9).</summary>
    /// <value>Default false.</value>
    public bool SharedMaskToken { get; init; }

    /// <summary>Whether the noisy predictor uses the clean one's layers. The paper's ablation: unshared is better (67.3 against 67.9).</summary>
    /// <value>Default false.</value>
    public bool SharedPredictor { get; init; }

    /// <summary>Weights of the three losses.</summary>
    /// <value>Default 1 / 0.1 / 0.1.</value>
    public JepaLossWeights LossWeights { get; init; } = JepaLossWeights.Paper;

    /// <summary>Whether L_NC leaves the clean predictor alone: its gradient then reaches only the noisy one (and through it the student).</summary>
    /// <value>Default false; the paper's text is silent.</value>
    public bool StopGradient { get; init; }

    /// <summary>Weights of the variance and covariance terms against collapse, which are not part of N-JEPA.</summary>
    /// <value>Default off.</value>
    public VarianceCovarianceWeights VarianceCovariance { get; init; } = VarianceCovarianceWeights.None;

    /// <summary>How masks are drawn.</summary>
    /// <value>Default <see cref="MultiBlockMasking.Paper"/>.</value>
    public MaskingOptions Masking { get; init; } = MultiBlockMasking.Paper;

    /// <summary>Whether the initial weights of attn.proj and mlp.fc2 are divided by sqrt(2 x layer).</summary>
    /// <value>Default false, as trained in the reference.</value>
    public bool RescaledInitialization { get; init; }
}
