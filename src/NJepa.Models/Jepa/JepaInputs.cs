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
    private const string DisposedText = "The inputs' tensors have been disposed; sample the inputs in the dispose scope of the step that uses them.";

    private JepaInputs(PatchGrid grid, PatchIndices context, PatchIndices targets, Tensor? noise, Tensor? contextNoise, Tensor? signalScale)
    {
        Grid = grid;
        Context = context;
        Targets = targets;
        NoiseBMTP = noise;
        ContextNoiseBNKP = contextNoise;
        SignalScaleBM11 = signalScale;
    }

    /// <summary>The noise added to the positions of the noisy predictor's mask tokens, <c>[B,M,T,P]</c>; null without noise.</summary>
    public Tensor? NoiseBMTP { get; }

    /// <summary>The noise added to the noisy predictor's positions of the visible patches, <c>[B,N,K,P]</c> with N one or M; null for the paper's, where these are clean.</summary>
    public Tensor? ContextNoiseBNKP { get; }

    /// <summary>The factor of the positions, <c>[B,M,1,1]</c>; null where it is 1.</summary>
    public Tensor? SignalScaleBM11 { get; }

    internal PatchGrid Grid { get; }

    private bool IsDisposed => Context.Patches.IsInvalid || Targets.Patches.IsInvalid || NoiseBMTP is { IsInvalid: true } || ContextNoiseBNKP is { IsInvalid: true } || SignalScaleBM11 is { IsInvalid: true };

    internal PatchIndices Context { get; }

    internal PatchIndices Targets { get; }

    /// <summary>Moves masks and noise to a device.</summary>
    /// <param name="masks">The masks of the batch.</param>
    /// <param name="noise">The noise of the batch; null leaves the positions undisturbed.</param>
    /// <param name="device">The model's device.</param>
    /// <exception cref="ArgumentException">The noise is of another number of images, blocks or patches than the masks.</exception>
    /// <exception cref="NativeRuntimeException">The device is not there; the message says why and what to do.</exception>
    public static JepaInputs Create(MaskBatch masks, PositionNoiseBatch? noise, Device device) => Create(masks, noise, null, device);

    /// <summary>Moves masks and noise to a device, with noise on the positions of the visible patches as well.</summary>
    /// <param name="masks">The masks of the batch.</param>
    /// <param name="noise">The noise of the mask tokens; null leaves their positions undisturbed.</param>
    /// <param name="contextNoise">The noise of the visible patches, K per block, with one block or as many as there are targets; null leaves their positions undisturbed.</param>
    /// <param name="device">The model's device.</param>
    /// <exception cref="ArgumentException">The noise is of another number of images, blocks, patches or channels than the masks or than the other noise.</exception>
    /// <exception cref="NativeRuntimeException">The device is not there; the message says why and what to do.</exception>
    public static JepaInputs Create(MaskBatch masks, PositionNoiseBatch? noise, PositionNoiseBatch? contextNoise, Device device)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(device);
        ModelDevice.RequireUsable(device);
        Tensor? values = null, scale = null;
        if (noise is not null)
        {
            values = DeviceUpload.Send<float>(noise.Values, [noise.Images, noise.Blocks, noise.TargetLength, noise.Width], ScalarType.Float32, device);
            if (noise.ScalesSignal)
            {
                scale = DeviceUpload.Send<float>([.. noise.Levels.Select(level => level.SignalScale)], [noise.Images, noise.Blocks, 1, 1], ScalarType.Float32, device);
            }
        }

        return Create(masks, values, contextNoise is null ? null : SendContextNoise(masks, noise, contextNoise, device), scale, device);
    }

    /// <summary>Masks with noise given as tensors, for experiments with noise of another origin.</summary>
    /// <param name="masks">The masks of the batch.</param>
    /// <param name="noiseBMTP">The noise to add, <c>[B,M,T,P]</c> on <paramref name="device"/>, or null.</param>
    /// <param name="signalScaleBM11">The factor of the positions, <c>[B,M,1,1]</c> on <paramref name="device"/>, or null for 1.</param>
    /// <param name="device">The model's device.</param>
    /// <exception cref="ArgumentException">A tensor's shape, type or device does not fit.</exception>
    public static JepaInputs Create(MaskBatch masks, Tensor? noiseBMTP, Tensor? signalScaleBM11, Device device) => Create(masks, noiseBMTP, null, signalScaleBM11, device);

    private static JepaInputs Create(MaskBatch masks, Tensor? noiseBMTP, Tensor? contextNoiseBNKP, Tensor? signalScaleBM11, Device device)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(device);
        ModelDevice.RequireUsable(device);
        Check(noiseBMTP, "noise", masks, masks.TargetLength, null, device, nameof(noiseBMTP));
        Check(signalScaleBM11, "signal scale", masks, 1, 1, device, nameof(signalScaleBM11));
        int patches = masks.Grid.Count;
        return new JepaInputs(
            masks.Grid,
            new PatchIndices(masks.Context, [masks.BatchSize, masks.ContextLength], patches, device),
            new PatchIndices(masks.Targets, [masks.BatchSize, masks.TargetBlocks, masks.TargetLength], patches, device),
            noiseBMTP,
            contextNoiseBNKP,
            signalScaleBM11);
    }

    /// <summary>The inputs of some of the images: K and T stay those of the whole batch, as every image has as many.</summary>
    /// <param name="start">The first image, from 0.</param>
    /// <param name="count">The number of images, at least 1.</param>
    /// <returns>Inputs that share these inputs' memory; create them inside the same dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The images are not part of the batch.</exception>
    /// <exception cref="ObjectDisposedException">The inputs' tensors have been disposed.</exception>
    public JepaInputs Slice(long start, long count)
    {
        if (start < 0 || count < 1 || start > Context.Images - count)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, FormattableString.Invariant($"{count} images from number {start} on were asked for, but the inputs are of images 0 to {Context.Images - 1}."));
        }

        if (IsDisposed)
        {
            throw new ObjectDisposedException(nameof(JepaInputs), DisposedText);
        }

        return new JepaInputs(Grid, Context.Slice(start, count), Targets.Slice(start, count), NoiseBMTP?.narrow(0, start, count), ContextNoiseBNKP?.narrow(0, start, count), SignalScaleBM11?.narrow(0, start, count));
    }

    /// <summary>Why these inputs are not for <paramref name="images"/> images of a model with this configuration on this device; null when they are.</summary>
    internal string? ProblemFor(JepaConfiguration configuration, long images, Device device)
    {
        if (IsDisposed)
        {
            return DisposedText;
        }

        if (Context.Images != images)
        {
            return $"The masks are for {Context.Images} images, but {images} images were given; sample the masks for the same batch.";
        }

        if (Grid != configuration.Encoder.Grid)
        {
            return $"The masks are for a {Grid} grid, but the encoder has a {configuration.Encoder.Grid} grid; sample them with the model's MaskSampler.";
        }

        if ((NoiseBMTP ?? ContextNoiseBNKP) is { } noise && noise.size(3) != configuration.Predictor.Width)
        {
            return $"The noise has {noise.size(3)} channels, but the predictor has a width of {configuration.Predictor.Width}; sample the noise for that width.";
        }

        return Context.Patches.device_type == device.type ? null : $"The inputs are on {Context.Patches.device}, but the model is on {device}; create them for the model's device.";
    }

    private static Tensor SendContextNoise(MaskBatch masks, PositionNoiseBatch? noise, PositionNoiseBatch contextNoise, Device device)
    {
        (int images, int maps, int visible, int width) = (contextNoise.Images, contextNoise.Blocks, contextNoise.TargetLength, contextNoise.Width);
        if (images != masks.BatchSize || (maps != 1 && maps != masks.TargetBlocks) || visible != masks.ContextLength || width != (noise?.Width ?? width))
        {
            throw new ArgumentException(
                $"The noise of the visible patches is for {images} images, {maps} blocks, {visible} patches and {width} channels; these masks need {masks.BatchSize} images, 1 or {masks.TargetBlocks} blocks, {masks.ContextLength} patches{(noise is null ? "" : $" and {noise.Width} channels")}.",
                nameof(contextNoise));
        }

        ModelDevice.RequireUsable(device);
        return DeviceUpload.Send<float>(contextNoise.Values, [images, maps, visible, width], ScalarType.Float32, device);
    }

    private static void Check(Tensor? tensor, string what, MaskBatch masks, long length, long? width, Device device, string name)
    {
        if (tensor is null)
        {
            return;
        }

        if (tensor.IsInvalid)
        {
            throw new ArgumentException($"The {what} tensor has been disposed.", name);
        }

        long[] shape = tensor.shape;
        if (shape.Length != 4 || shape[0] != masks.BatchSize || shape[1] != masks.TargetBlocks || shape[2] != length || shape[3] != (width ?? shape[3]))
        {
            throw new ArgumentException(
                $"The {what} has shape [{string.Join(",", shape)}]; masks of {masks.BatchSize} images, {masks.TargetBlocks} target blocks and {masks.TargetLength} patches per block need [{masks.BatchSize},{masks.TargetBlocks},{length},{(width is null ? "P" : width)}].", name);
        }

        if (tensor.dtype != ScalarType.Float32 || tensor.device_type != device.type)
        {
            throw new ArgumentException($"The {what} is {tensor.dtype} on {tensor.device}; it must be Float32 on {device}.", name);
        }
    }
}
