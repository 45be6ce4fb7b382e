using NJepa.Noise;

namespace NJepa.Models;

/// <summary>Everything that defines a model: the sizes of its networks, the recipe, and the seed of the initial weights. Immutable.</summary>
/// <param name="Encoder">Size of student and teacher.</param>
/// <param name="Predictor">Size of the predictors.</param>
/// <param name="Recipe">Masks, noise, losses.</param>
/// <param name="Seed">Seed of the initial weights.</param>
public sealed record JepaConfiguration(ViT Encoder, PredictorOptions Predictor, JepaRecipe Recipe, ulong Seed)
{
    /// <summary>Every reason why this model cannot be built; empty when it can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>(Encoder.Validate());
        bool gridExists = errors.Count == 0;
        errors.AddRange(Predictor.Validate());
        errors.AddRange(Recipe.LossWeights.Validate());
        errors.AddRange(Recipe.VarianceCovariance.Validate());
        if (gridExists)
        {
            errors.AddRange(Recipe.Masking.Validate(Encoder.Grid));
        }

        if (Recipe.Noise is not null)
        {
            errors.AddRange(Recipe.Noise.Validate());
        }
        else if (Recipe.Granularity != NoiseGranularity.SingleLevel || Recipe.SharedMaskToken || Recipe.SharedPredictor || Recipe.StopGradient)
        {
            errors.Add("Multi-level noise, sharing and StopGradient concern the noisy predictor, but the model has none; call WithNoisyPredictor(EdmNoise.Default), or leave them out for plain I-JEPA.");
        }

        return errors;
    }
}
