using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// What a step needs beside the images: the masks as index tensors, and the noise of the noisy predictor's mask tokens. B images, K visible patches, M target blocks, T patches per block,
/// P channels of the predictor.
/// </summary>
/// <remarks>Create it inside the step's dispose scope, which frees its tensors.</remarks>
public sealed class JepaInputs
{
    private JepaInputs(PatchIndices context, PatchIndices targets, Tensor? noise, Tensor? signalScale)
    {
        Context = context;
        Targets = targets;
        NoiseBMTP = noise;
        SignalScaleBM11 = signalScale;
    }

    /// <summary>The noise added to the positions of the noisy predictor's mask tokens, <c>[B,M,T,P]</c>; null without noise.</summary>
    public Tensor? NoiseBMTP { get; }

    /// <summary>The factor of the positions, <c>[B,M,1,1]</c>; null where it is 1.</summary>
    public Tensor? SignalScaleBM11 { get; }

    internal PatchIndices Context { get; }

    internal PatchIndices Targets { get; }

    /// <summary>Moves masks and noise to a device.</summary>
    /// <param name="masks">The masks of the batch.</param>
    /// <param name="noise">The noise of the batch; null leaves the positions undisturbed.</param>
    /// <param name="device">The model's device.</param>
    public static JepaInputs Create(MaskBatch masks, PositionNoiseBatch? noise, Device device)
    {
        ArgumentNullException.ThrowIfNull(masks);
        Tensor? values = null, scale = null;
        if (noise is not null)
        {
            values = tensor(noise.Values, [noise.Images, noise.Blocks, noise.TargetLength, noise.Width], device: device);
            if (noise.ScalesSignal)
            {
                scale = tensor(noise.Levels.Select(level => level.SignalScale).ToArray(), [noise.Images, noise.Blocks, 1, 1], device: device);
            }
        }

        return Create(masks, values, scale, device);
    }

    /// <summary>Masks with noise given as tensors, for experiments with noise of another origin.</summary>
    /// <param name="masks">The masks of the batch.</param>
    /// <param name="noiseBMTP">The noise to add, <c>[B,M,T,P]</c> on <paramref name="device"/>, or null.</param>
    /// <param name="signalScaleBM11">The factor of the positions, <c>[B,M,1,1]</c> on <paramref name="device"/>, or null for 1.</param>
    /// <param name="device">The model's device.</param>
    public static JepaInputs Create(MaskBatch masks, Tensor? noiseBMTP, Tensor? signalScaleBM11, Device device)
    {
        ArgumentNullException.ThrowIfNull(masks);
        int patches = masks.Grid.Count;
        return new JepaInputs(
            new PatchIndices(masks.Context, [masks.BatchSize, masks.ContextLength], patches, device),
            new PatchIndices(masks.Targets, [masks.BatchSize, masks.TargetBlocks, masks.TargetLength], patches, device),
            noiseBMTP,
            signalScaleBM11);
    }
}
