using NJepa.Masking;
using NJepa.Noise;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// Builds N-JEPA and I-JEPA models:
/// <c>JepaBuilder.WithEncoder(ViT.Base16).WithNoisyPredictor(EdmNoise.Default).WithMultiLevelNoise().Build()</c>.
/// Without <see cref="WithNoisyPredictor"/> the model is plain I-JEPA. Every call returns the builder; nothing is checked before <see cref="Build"/>, which checks everything.
/// </summary>
/// <remarks>Not thread-safe. A builder can build several models.</remarks>
public sealed class JepaBuilder
{
    private const string ChangedSuffix = " (changed)";
    private readonly ViT _encoder;
    private PredictorOptions? _predictor;
    private JepaRecipe _recipe = JepaRecipe.IJepa;
    private ulong _seed;
    private Precision _precision;
    private bool _recomputeActivations;

    private JepaBuilder(ViT encoder) => _encoder = encoder;

    /// <summary>Starts a model with the given encoder, for student and teacher.</summary>
    /// <param name="encoder">A preset such as <see cref="ViT.Base16"/>, or one changed with <c>with { ... }</c>.</param>
    public static JepaBuilder WithEncoder(ViT encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return new JepaBuilder(encoder);
    }

    /// <summary>Sets all choices of the method at once. Call it first: it replaces what earlier calls chose, except the predictor's size and the seed.</summary>
    /// <param name="recipe">A preset such as <see cref="JepaRecipe.SmallData"/>.</param>
    public JepaBuilder WithRecipe(JepaRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        _recipe = recipe;
        return this;
    }

    /// <summary>Sets the size of both predictors.</summary>
    /// <param name="predictor">The size. The default goes with the encoder: <see cref="PredictorOptions.For"/>.</param>
    public JepaBuilder WithPredictor(PredictorOptions predictor)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        _predictor = predictor;
        return this;
    }

    /// <summary>Adds the second predictor, whose mask tokens have noise on their positions.</summary>
    /// <param name="noise">The noise: <see cref="EdmNoise.Default"/> in the paper; <see cref="FixedNoise"/>, <see cref="VariancePreservingNoise"/> or <see cref="NoNoise"/> for comparison.</param>
    public JepaBuilder WithNoisyPredictor(PositionNoise noise)
    {
        ArgumentNullException.ThrowIfNull(noise);
        return Change(recipe => recipe with { Noise = noise });
    }

    /// <summary>Independent noise for each target block (the paper's best).</summary>
    public JepaBuilder WithMultiLevelNoise() => Change(recipe => recipe with { Granularity = NoiseGranularity.MultiLevel });

    /// <summary>One map of noise per image, read by all target blocks (the default).</summary>
    public JepaBuilder WithSingleLevelNoise() => Change(recipe => recipe with { Granularity = NoiseGranularity.SingleLevel });

    /// <summary>The noise disturbs the noisy predictor's positions of the visible patches too, which the paper does not do.</summary>
    public JepaBuilder WithContextNoise() => Change(recipe => recipe with { ContextNoise = true });

    /// <summary>Both predictors read the same mask token.</summary>
    public JepaBuilder WithSharedMaskToken() => Change(recipe => recipe with { SharedMaskToken = true });

    /// <summary>Both predictors use the same layers.</summary>
    public JepaBuilder WithSharedPredictor() => Change(recipe => recipe with { SharedPredictor = true });

    /// <summary>Sets the weights of the three losses.</summary>
    /// <param name="cleanTeacher">w_CT, the loss of I-JEPA.</param>
    /// <param name="noisyTeacher">w_NT.</param>
    /// <param name="noisyClean">w_NC, the denoising loss.</param>
    public JepaBuilder WithLossWeights(double cleanTeacher, double noisyTeacher, double noisyClean) =>
        Change(recipe => recipe with { LossWeights = new JepaLossWeights(cleanTeacher, noisyTeacher, noisyClean) });

    /// <summary>Keeps the gradient of L_NC out of the clean predictor.</summary>
    public JepaBuilder WithStopGradient() => Change(recipe => recipe with { StopGradient = true });

    /// <summary>Adds variance and covariance terms against collapse; they are not part of N-JEPA.</summary>
    /// <param name="variance">Weight of the variance term; <see cref="JepaRecipe.SmallData"/> has 0.05.</param>
    /// <param name="covariance">Weight of the covariance term; <see cref="JepaRecipe.SmallData"/> has 0.005.</param>
    public JepaBuilder WithVarianceCovariance(double variance, double covariance) =>
        Change(recipe => recipe with { VarianceCovariance = new VarianceCovarianceWeights(variance, covariance) });

    /// <summary>Sets how masks are drawn.</summary>
    /// <param name="masking">For example <c>MultiBlockMasking.Paper with { MinKeep = 4 }</c>.</param>
    public JepaBuilder WithMasking(MaskingOptions masking)
    {
        ArgumentNullException.ThrowIfNull(masking);
        return Change(recipe => recipe with { Masking = masking });
    }

    /// <summary>Divides the initial weights of attn.proj and mlp.fc2 by sqrt(2 x layer).</summary>
    public JepaBuilder WithRescaledInitialization() => Change(recipe => recipe with { RescaledInitialization = true });

    /// <summary>Sets the seed of the initial weights.</summary>
    /// <param name="seed">Any number; the default is 0.</param>
    public JepaBuilder WithSeed(ulong seed)
    {
        _seed = seed;
        return this;
    }

    /// <summary>Sets the numbers that the networks compute with.</summary>
    /// <param name="precision">The default is <see cref="Precision.Float32"/>; <see cref="Precision.BFloat16"/> is faster on GPUs and on processors that have it.</param>
    public JepaBuilder WithPrecision(Precision precision)
    {
        _precision = precision;
        return this;
    }

    /// <summary>
    /// Training keeps only what goes into each transformer block and computes the rest once more in the backward pass: less memory, more time, the same numbers. Differentiate with
    /// <see cref="JepaModel.Backward"/>; the trainer does.
    /// </summary>
    public JepaBuilder WithRecomputedActivations()
    {
        _recomputeActivations = true;
        return this;
    }

    /// <summary>Checks everything at once and freezes the choices.</summary>
    /// <exception cref="JepaConfigurationException">Something cannot be built; the message lists every error.</exception>
    public JepaConfiguration Configure()
    {
        var configuration = new JepaConfiguration(_encoder, _predictor ?? PredictorOptions.For(_encoder), _recipe, _seed)
        {
            Precision = _precision,
            RecomputeActivations = _recomputeActivations,
        };
        IReadOnlyList<string> errors = configuration.Validate();
        return errors.Count == 0 ? configuration : throw new JepaConfigurationException(errors);
    }

    /// <summary>Checks everything at once, then builds the model with random weights, the teacher a copy of the student.</summary>
    /// <param name="device">The device; null is the CPU. Choose it here: a built model does not move.</param>
    /// <exception cref="JepaConfigurationException">Something cannot be built; the message lists every error.</exception>
    /// <exception cref="NativeRuntimeException">The native libraries cannot be loaded, or the device is not there; the message says why and what to do.</exception>
    /// <exception cref="ArgumentException">The device is neither the CPU nor a GPU.</exception>
    /// <exception cref="InsufficientMemoryException">The parameters cannot be allocated on the device.</exception>
    public JepaModel Build(Device? device = null)
    {
        JepaConfiguration configuration = Configure();
        return new JepaModel(configuration, ModelDevice.Checked(device));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_encoder.Title}, recipe {_recipe.Name}";

    private JepaBuilder Change(Func<JepaRecipe, JepaRecipe> change)
    {
        JepaRecipe changed = change(_recipe);

        // I-JEPA with a noisy predictor is I-JEPA no longer.
        string? name = _recipe.Name?.Replace(ChangedSuffix, "", StringComparison.Ordinal);
        name = name == JepaRecipe.IJepa.Name && changed.Noise is not null ? "n-jepa" : name;
        _recipe = name is null ? changed : changed with { Name = name + ChangedSuffix };
        return this;
    }
}
