using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>What the networks say in one step. The step's dispose scope frees the tensors.</summary>
/// <param name="ContextBKD">The student's features of the visible patches, <c>[B,K,D]</c>.</param>
/// <param name="TargetsBMTD">h, the teacher's normalised features of the target blocks, <c>[B,M,T,D]</c>; no gradient.</param>
/// <param name="CleanBMTD">p_C, the clean predictor's answers, <c>[B,M,T,D]</c>.</param>
/// <param name="NoisyBMTD">p_N, the noisy predictor's answers, <c>[B,M,T,D]</c>; null without a noisy predictor.</param>
public sealed record JepaOutputs(Tensor ContextBKD, Tensor TargetsBMTD, Tensor CleanBMTD, Tensor? NoisyBMTD)
{
    /// <summary>The model whose networks said this.</summary>
    internal JepaModel? Model { get; init; }

    /// <summary>What is computed once more in the backward pass, in the order of that; empty where activations are kept.</summary>
    internal IReadOnlyList<ActivationTape> Tapes { get; init; } = [];

    /// <summary>Why there is no loss of these outputs; null when there is.</summary>
    internal string? Problem(bool noisyPredictor)
    {
        (string Name, Tensor? Value)[] all = [(nameof(ContextBKD), ContextBKD), (nameof(TargetsBMTD), TargetsBMTD), (nameof(CleanBMTD), CleanBMTD), (nameof(NoisyBMTD), NoisyBMTD)];
        foreach ((string name, Tensor? value) in all)
        {
            if (value is { IsInvalid: true } || (value is null && (noisyPredictor || name != nameof(NoisyBMTD))))
            {
                return $"{name} of the outputs is {(value is null ? "null" : "disposed")}; compute the losses of what Forward of the same model returned, in the dispose scope of the same step.";
            }
        }

        // Tensors of unlike shapes would be stretched to fit each other without a word, or fail in native code.
        long[] shape = TargetsBMTD.shape;
        foreach ((string name, Tensor? value) in all.AsSpan(2))
        {
            if (value is not null && (!value.shape.AsSpan().SequenceEqual(shape) || value.device_type != TargetsBMTD.device_type || value.dtype != TargetsBMTD.dtype))
            {
                return $"{name} is {value.dtype} [{string.Join(",", value.shape)}] on {value.device}, but the targets are {TargetsBMTD.dtype} [{string.Join(",", shape)}] on {TargetsBMTD.device}; they must be alike.";
            }
        }

        return ContextBKD.dim() == 3 ? null : $"ContextBKD has {ContextBKD.dim()} dimensions; it must have three, [B,K,D].";
    }
}
