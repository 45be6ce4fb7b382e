using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>The loss terms of one step, each a scalar tensor, unweighted; null where the model has no such term. A term of weight 0 is reported, but not part of the total. The step's dispose scope frees them.</summary>
/// <param name="Total">The weighted sum that is differentiated.</param>
/// <param name="CleanTeacher">L_CT, smooth L1 of the clean predictions against the teacher: the loss of I-JEPA.</param>
/// <param name="NoisyTeacher">L_NT, smooth L1 of the noisy predictions against the teacher; null without a noisy predictor.</param>
/// <param name="NoisyClean">L_NC, mean squared difference between noisy and clean predictions; null without a noisy predictor.</param>
/// <param name="Variance">The variance term; null when both regularisers are off.</param>
/// <param name="Covariance">The covariance term; null when both regularisers are off.</param>
public sealed record JepaLosses(Tensor Total, Tensor CleanTeacher, Tensor? NoisyTeacher, Tensor? NoisyClean, Tensor? Variance, Tensor? Covariance)
{
    /// <summary>All terms in the order of the properties.</summary>
    internal Tensor?[] Terms => [Total, CleanTeacher, NoisyTeacher, NoisyClean, Variance, Covariance];
}
