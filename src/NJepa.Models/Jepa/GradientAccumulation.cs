using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// The gradients of a batch in parts that fit into memory. Most losses are means over images, and a mean is the weighted sum of the parts' means. The variance and covariance terms are not: they
/// are functions of the whole batch's pooled features. Those are computed first, without gradients; the terms' gradient with respect to them then enters each part's loss
/// as fixed factors, which gives the same gradients of the weights by the chain rule. It costs one more pass of the student.
/// </summary>
internal static class GradientAccumulation
{
    public static JepaLosses Run(JepaModel model, Func<long, long, Tensor> images, JepaInputs inputs, long microBatch)
    {
        long batch = inputs.Context.Images;
        if (microBatch >= batch)
        {
            JepaOutputs outputs = model.Forward(images(0, batch), inputs);
            JepaLosses losses = model.ComputeLosses(outputs);
            model.Backward(outputs, losses.Total);
            return losses;
        }

        using DisposeScope scope = NewDisposeScope();
        JepaRecipe recipe = model.Configuration.Recipe;
        Regulariser? regulariser = recipe.VarianceCovariance.IsActive ? Regularise(model, images, inputs, microBatch) : null;
        Tensor?[] sums = [regulariser?.Sum, null, null, null, regulariser?.Variance, regulariser?.Covariance];
        for (long start = 0; start < batch; start += microBatch)
        {
            using DisposeScope partScope = NewDisposeScope();
            long count = Math.Min(microBatch, batch - start);
            JepaOutputs outputs = model.Forward(images(start, count), inputs.Slice(start, count));
            JepaLosses losses = JepaObjective.Prediction(recipe, outputs, model.LossFault);
            double share = count / (double)batch;
            Tensor loss = losses.Total.Times(share);
            if (regulariser is not null)
            {
                Tensor pooledBD = JepaObjective.Pool(outputs.ContextBKD);
                loss = loss.Plus(pooledBD.mul(regulariser.GradientBD.narrow(0, start, count)).sum());
            }

            model.Backward(outputs, loss);
            Add(sums, losses, share);
        }

        foreach (Tensor? sum in sums)
        {
            sum?.MoveToOuterDisposeScope();
        }

        return new JepaLosses(sums[0]!, sums[1]!, sums[2], sums[3], sums[4], sums[5]);
    }

    private static Regulariser Regularise(JepaModel model, Func<long, long, Tensor> images, JepaInputs inputs, long microBatch)
    {
        var parts = new List<Tensor>();
        using (no_grad())
        {
            for (long start = 0; start < inputs.Context.Images; start += microBatch)
            {
                using DisposeScope partScope = NewDisposeScope();
                long count = Math.Min(microBatch, inputs.Context.Images - start);
                parts.Add(JepaObjective.Pool(model.EncodeContext(images(start, count), inputs.Slice(start, count))).MoveToOuterDisposeScope());
            }
        }

        Tensor pooledBD = cat(parts).requires_grad_(true);
        (Tensor sum, Tensor variance, Tensor covariance) = JepaObjective.Regularisers(model.Configuration.Recipe.VarianceCovariance, pooledBD, model.LossFault);
        sum.backward();
        return new Regulariser(pooledBD.grad!, sum.detach(), variance.detach(), covariance.detach());
    }

    private static void Add(Tensor?[] sums, JepaLosses losses, double share)
    {
        using IDisposable noGradient = no_grad();
        int i = 0;
        foreach (Tensor? term in losses.Terms)
        {
            if (term is not null)
            {
                Tensor part = term.Times(share);
                sums[i] = (sums[i]?.Plus(part) ?? part).MoveToOuterDisposeScope();
            }

            i++;
        }
    }

    private sealed record Regulariser(Tensor GradientBD, Tensor Sum, Tensor Variance, Tensor Covariance);
}
