using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>The loss terms of one step, each a scalar tensor, unweighted; null where a term is off. The step's dispose scope frees them.</summary>
/// <param name="Total">The weighted sum that is differentiated.</param>
/// <param name="CleanTeacher">L_CT, smooth L1 of the clean predictions against the teacher: the loss of I-JEPA.</param>
/// <param name="NoisyTeacher">L_NT, smooth L1 of the noisy predictions against the teacher.</param>
/// <param name="NoisyClean">L_NC, mean squared difference between noisy and clean predictions.</param>
/// <param name="Variance">The variance term.</param>
/// <param name="Covariance">The covariance term.</param>
public sealed record JepaLosses(Tensor Total, Tensor CleanTeacher, Tensor? NoisyTeacher, Tensor? NoisyClean, Tensor? Variance, Tensor? Covariance);
