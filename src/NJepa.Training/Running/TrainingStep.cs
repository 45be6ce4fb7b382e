using NJepa.Data;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// One step of the method on one batch (docs/paper-to-code.md): masks and noise, gradients, AdamW, EMA; a step with numbers that are not finite changes nothing. Nothing in it waits for a GPU: losses stay there until somebody reads them.
/// </summary>
internal sealed class TrainingStep(JepaModel model, FlatAdamW optimizer, PretrainingOptions options, FiniteGuard guard)
{
    /// <summary>Told when gradients, optimizer, clearing and EMA are done; for measurements. The model has the phases of the forward pass.</summary>
    public Action<string>? PhaseEnded { get; set; }

    /// <summary>Whether an update has begun and not ended: student, moments and teacher are then not those of one step.</summary>
    public bool IsUpdating { get; set; }

    /// <summary>Sends a batch's pixels to the model's device, as bytes and without waiting for it: <c>[B,S,S,3]</c>, which belongs to the caller's dispose scope.</summary>
    public Tensor Upload(ImageBatch batch) => DeviceUpload.Send<byte>(
        batch.Pixels.AsSpan(0, batch.Count * batch.ImageSize * batch.ImageSize * 3), [batch.Count, batch.ImageSize, batch.ImageSize, 3], ScalarType.Byte, model.Device);

    /// <summary>Takes the step. The losses belong to the caller's dispose scope, which should end with the step.</summary>
    /// <param name="pixelsBHWC">RGB bytes <c>[B,S,S,3]</c> on the model's device.</param>
    /// <param name="sampleIndices">B global sample indices.</param>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="settings">Learning rate, weight decay and momentum of the step.</param>
    public JepaLosses Run(Tensor pixelsBHWC, ReadOnlySpan<long> sampleIndices, long step, StepSettings settings)
    {
        JepaInputs inputs = model.SampleInputs(options.Seed, step, sampleIndices);
        Tensor Images(long start, long count) => options.Normalization.Normalize(pixelsBHWC.narrow(0, start, count));
        JepaLosses losses = model.ComputeGradients(Images, inputs, options.MicroBatchSize ?? sampleIndices.Length);
        PhaseEnded?.Invoke("backward");
        using (Tensor norm = optimizer.GradientNorm())
        {
            guard.Check(losses, norm, step);
            if (options.MaxGradientNorm is { } maxNorm)
            {
                optimizer.ClipGradients(maxNorm, norm);
            }
        }

        IsUpdating = true;
        optimizer.Step(settings.LearningRate, settings.WeightDecay, guard.Blocked);
        PhaseEnded?.Invoke("optimizer");
        model.Parameters.ZeroGradients();
        PhaseEnded?.Invoke("zeroing");
        model.UpdateTeacher(settings.Momentum, guard.Blocked);
        IsUpdating = false;
        PhaseEnded?.Invoke("average");
        return losses;
    }
}
