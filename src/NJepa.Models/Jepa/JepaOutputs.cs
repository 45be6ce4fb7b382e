using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>What the networks say in one step. The step's dispose scope frees the tensors.</summary>
/// <param name="ContextBKD">The student's features of the visible patches, <c>[B,K,D]</c>.</param>
/// <param name="TargetsBMTD">h, the teacher's normalised features of the target blocks, <c>[B,M,T,D]</c>; no gradient.</param>
/// <param name="CleanBMTD">p_C, the clean predictor's answers, <c>[B,M,T,D]</c>.</param>
/// <param name="NoisyBMTD">p_N, the noisy predictor's answers, <c>[B,M,T,D]</c>; null without a noisy predictor.</param>
public sealed record JepaOutputs(Tensor ContextBKD, Tensor TargetsBMTD, Tensor CleanBMTD, Tensor? NoisyBMTD);
