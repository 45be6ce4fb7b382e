using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Step 6 of the method: loss terms and their weighted sum, for a batch or a part of one.</summary>
internal static class JepaObjective
{
    /// <summary>All terms of a whole batch. The caller's scope frees them.</summary>
    public static JepaLosses Compute(JepaRecipe recipe, JepaOutputs outputs, Func<JepaTerm, Tensor, Tensor>? fault = null)
    {
        using DisposeScope scope = NewDisposeScope();
        JepaLosses losses = Prediction(recipe, outputs, fault);
        if (recipe.VarianceCovariance.IsActive)
        {
            (Tensor sum, Tensor variance, Tensor covariance) = Regularisers(recipe.VarianceCovariance, Pool(outputs.ContextBKD), fault);
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
    public static JepaLosses Prediction(JepaRecipe recipe, JepaOutputs outputs, Func<JepaTerm, Tensor, Tensor>? fault = null)
    {
        Tensor cleanTeacher = Term(JepaTerm.CleanTeacher, LossFunctions.SmoothL1(outputs.CleanBMTD, outputs.TargetsBMTD), fault);
        Tensor? total = Add(null, cleanTeacher, recipe.LossWeights.CleanTeacher);
        Tensor? noisyTeacher = null, noisyClean = null;
        if (outputs.NoisyBMTD is { } noisyBMTD)
        {
            Tensor cleanBMTD = recipe.StopGradient ? outputs.CleanBMTD.detach() : outputs.CleanBMTD;
            noisyTeacher = Term(JepaTerm.NoisyTeacher, LossFunctions.SmoothL1(noisyBMTD, outputs.TargetsBMTD), fault);
            noisyClean = Term(JepaTerm.NoisyClean, LossFunctions.SquaredError(noisyBMTD, cleanBMTD), fault);
            total = Add(Add(total, noisyTeacher, recipe.LossWeights.NoisyTeacher), noisyClean, recipe.LossWeights.NoisyClean);
        }

        // Validation has made sure that a weight is above 0.
        return new JepaLosses(total!, cleanTeacher, noisyTeacher, noisyClean, null, null);
    }

    /// <summary>The mean over an image's visible patches, <c>[B,D]</c> float32, which the regularisers read.</summary>
    public static Tensor Pool(Tensor contextBKD) => contextBKD.As(ScalarType.Float32).mean([1]);

    /// <summary>The regularisers' weighted sum and both terms; they are functions of a whole batch.</summary>
    public static (Tensor Sum, Tensor Variance, Tensor Covariance) Regularisers(VarianceCovarianceWeights weights, Tensor pooledBD, Func<JepaTerm, Tensor, Tensor>? fault = null)
    {
        Tensor centredBD = pooledBD - pooledBD.mean([0], keepdim: true);
        Tensor variance = Term(JepaTerm.Variance, LossFunctions.Variance(centredBD), fault);
        Tensor covariance = Term(JepaTerm.Covariance, LossFunctions.Covariance(centredBD), fault);
        return (Add(Add(null, variance, weights.Variance), covariance, weights.Covariance)!, variance, covariance);
    }

    private static Tensor Term(JepaTerm term, Tensor value, Func<JepaTerm, Tensor, Tensor>? fault) => fault is null ? value : fault(term, value);

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
