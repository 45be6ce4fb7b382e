using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Step 6 of the method: loss terms and their weighted sum, for a batch or a part of one.</summary>
internal static class JepaObjective
{
    /// <summary>All terms of a whole batch. The caller's scope frees them.</summary>
    public static JepaLosses Compute(JepaRecipe recipe, JepaOutputs outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        JepaLosses losses = Prediction(recipe, outputs);
        if (recipe.VarianceCovariance.IsActive)
        {
            (Tensor sum, Tensor variance, Tensor covariance) = Regularisers(recipe.VarianceCovariance, Pool(outputs.ContextBKD));
            losses = losses with { Total = losses.Total.Plus(sum), Variance = variance, Covariance = covariance };
        }

        GC.KeepAlive(outputs);
        foreach (Tensor? term in losses.Terms)
        {
            term?.MoveToOuterDisposeScope();
        }

        return losses;
    }

    /// <summary>The terms that are means over images, without the regularisers. The caller's scope frees them.</summary>
    public static JepaLosses Prediction(JepaRecipe recipe, JepaOutputs outputs)
    {
        Tensor cleanTeacher = LossFunctions.SmoothL1(outputs.CleanBMTD, outputs.TargetsBMTD);
        Tensor? total = Add(null, cleanTeacher, recipe.LossWeights.CleanTeacher);
        Tensor? noisyTeacher = null, noisyClean = null;
        if (outputs.NoisyBMTD is { } noisyBMTD)
        {
            Tensor cleanBMTD = recipe.StopGradient ? outputs.CleanBMTD.detach() : outputs.CleanBMTD;
            noisyTeacher = LossFunctions.SmoothL1(noisyBMTD, outputs.TargetsBMTD);
            noisyClean = LossFunctions.SquaredError(noisyBMTD, cleanBMTD);
            total = Add(Add(total, noisyTeacher, recipe.LossWeights.NoisyTeacher), noisyClean, recipe.LossWeights.NoisyClean);
        }

        // Validation has made sure that a weight is above 0.
        return new JepaLosses(total!, cleanTeacher, noisyTeacher, noisyClean, null, null);
    }

    /// <summary>The mean over an image's visible patches, <c>[B,D]</c> float32, which the regularisers read.</summary>
    public static Tensor Pool(Tensor contextBKD) => contextBKD.As(ScalarType.Float32).mean([1]);

    /// <summary>The regularisers' weighted sum and both terms; they are functions of a whole batch.</summary>
    public static (Tensor Sum, Tensor Variance, Tensor Covariance) Regularisers(VarianceCovarianceWeights weights, Tensor pooledBD)
    {
        Tensor centredBD = pooledBD - pooledBD.mean([0], keepdim: true);
        Tensor variance = LossFunctions.Variance(centredBD), covariance = LossFunctions.Covariance(centredBD);
        return (Add(Add(null, variance, weights.Variance), covariance, weights.Covariance)!, variance, covariance);
    }

    // A term of weight 0 stays out of the sum: nothing is differentiated for it, and a term that is not finite does no harm.
    private static Tensor? Add(Tensor? sum, Tensor term, double weight)
    {
        if (weight == 0)
        {
            return sum;
        }

        Tensor weighted = term.Times(weight);
        return sum is null ? weighted : sum.Plus(weighted);
    }
}
