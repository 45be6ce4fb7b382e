using NJepa.Noise;
using static System.FormattableString;

namespace NJepa.Models;

/// <summary>Everything that defines a model: the sizes of its networks, the recipe, and the seed of the initial weights. Immutable.</summary>
/// <param name="Encoder">Size of student and teacher.</param>
/// <param name="Predictor">Size of the predictors.</param>
/// <param name="Recipe">Masks, noise, losses.</param>
/// <param name="Seed">Seed of the initial weights.</param>
public sealed record JepaConfiguration(ViT Encoder, PredictorOptions Predictor, JepaRecipe Recipe, ulong Seed)
{
    /// <summary>The numbers that the networks compute with.</summary>
    /// <value>Default <see cref="Precision.Float32"/>.</value>
    public Precision Precision { get; init; }

    /// <summary>Whether training computes activations once more in the backward pass instead of keeping them: less memory, more time, the same numbers.</summary>
    /// <value>Default false.</value>
    public bool RecomputeActivations { get; init; }

    /// <summary>Every reason why this model cannot be built; empty when it can.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> missing = Missing();
        if (missing.Count > 0)
        {
            return missing;
        }

        var errors = new List<string>(Encoder.Validate());
        bool gridExists = errors.Count == 0;
        if (Encoder.NormAfterPooling)
        {
            errors.Add("ViT.NormAfterPooling is true; pretraining predicts patch features, each of which is normalised, so it must be false (the default).");
        }

        // A predictor that was derived from a wrong encoder says nothing new.
        if (gridExists || Predictor != PredictorOptions.For(Encoder))
        {
            errors.AddRange(Predictor.Validate());
        }

        if (!Enum.IsDefined(Precision))
        {
            errors.Add(Invariant($"JepaConfiguration.Precision is {(int)Precision}; it must be Float32 (0), TensorFloat32 (1) or BFloat16 (2)."));
        }

        errors.AddRange(Recipe.LossWeights.Validate());
        errors.AddRange(Recipe.VarianceCovariance.Validate());
        if (gridExists)
        {
            errors.AddRange(Recipe.Masking.Validate(Encoder.Grid));
        }

        if (Recipe.Noise is not null)
        {
            errors.AddRange(Recipe.Noise.Validate());
            if (!Enum.IsDefined(Recipe.Granularity))
            {
                errors.Add(Invariant($"JepaRecipe.Granularity is {(int)Recipe.Granularity}; it must be SingleLevel (0) or MultiLevel (1)."));
            }
        }
        else
        {
            AddWithoutNoisyPredictor(errors);
        }

        return errors;
    }

    // Nothing more can be said of a configuration with holes.
    private List<string> Missing()
    {
        List<(string Name, object? Value, string Remedy)> parts =
        [
            ("JepaConfiguration.Encoder", Encoder, "use a preset such as ViT.Base16"),
            ("JepaConfiguration.Predictor", Predictor, "use PredictorOptions.For(encoder)"),
            ("JepaConfiguration.Recipe", Recipe, "use a preset such as JepaRecipe.Paper"),
        ];
        if (Recipe is not null)
        {
            parts.Add(("JepaRecipe.Name", Recipe.Name, "any text will do"));
            parts.Add(("JepaRecipe.LossWeights", Recipe.LossWeights, "use JepaLossWeights.Paper"));
            parts.Add(("JepaRecipe.VarianceCovariance", Recipe.VarianceCovariance, "use VarianceCovarianceWeights.None"));
            parts.Add(("JepaRecipe.Masking", Recipe.Masking, "use MultiBlockMasking.Paper"));
        }

        return [.. parts.Where(part => part.Value is null).Select(part => $"{part.Name} is null; {part.Remedy}.")];
    }

    private void AddWithoutNoisyPredictor(List<string> errors)
    {
        (string Name, bool Chosen)[] choices =
        [
            ("Granularity = " + Recipe.Granularity, Recipe.Granularity != NoiseGranularity.SingleLevel),
            ("ContextNoise", Recipe.ContextNoise),
            ("SharedMaskToken", Recipe.SharedMaskToken),
            ("SharedPredictor", Recipe.SharedPredictor),
            ("StopGradient", Recipe.StopGradient),
        ];
        string chosen = string.Join(", ", choices.Where(choice => choice.Chosen).Select(choice => choice.Name));
        if (chosen.Length > 0)
        {
            errors.Add($"JepaRecipe has {chosen}, but no noisy predictor that it could concern; call WithNoisyPredictor(EdmNoise.Default), or leave it out for plain I-JEPA.");
        }

        // With NoisyTeacher at 0 as well, JepaLossWeights.Validate has said it already.
        if (Recipe.LossWeights is { CleanTeacher: 0, NoisyTeacher: not 0 })
        {
            errors.Add("JepaLossWeights.CleanTeacher is 0, but the model has no noisy predictor and no other loss; it must be above 0 (default 1), or call WithNoisyPredictor(EdmNoise.Default).");
        }
    }
}
