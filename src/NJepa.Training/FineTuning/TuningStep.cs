using NJepa.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>One step of fine-tuning on one batch: scores, cross-entropy with label smoothing, gradients, AdamW. Nothing in it waits for a GPU.</summary>
internal sealed class TuningStep(TuningNetwork network, FlatAdamW optimizer, TuningMeter meter, FineTuningOptions options)
{
    /// <summary>Whether an update has begun and not ended: weights and moments are then not those of one step.</summary>
    public bool IsUpdating { get; private set; }

    /// <summary>Takes the step, unless its numbers are not finite.</summary>
    public void Run(ImageBatch batch, double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        Device device = network.Encoder.Device;
        Tensor pixelsBHWC = DeviceUpload.Send<byte>(
            batch.Pixels.AsSpan(0, batch.Count * batch.ImageSize * batch.ImageSize * 3), [batch.Count, batch.ImageSize, batch.ImageSize, 3], ScalarType.Byte, device);
        Tensor labelsB = DeviceUpload.Send<long>(Array.ConvertAll(batch.Labels, label => (long)label), [batch.Count], ScalarType.Int64, device);
        (Tensor loss, Tensor hits) = AddGradients(pixelsBHWC, labelsB);
        IsUpdating = true;
        using (Tensor norm = optimizer.GradientNorm())
        {
            meter.Add(loss, hits, norm);
            if (options.MaxGradientNorm is { } maxNorm)
            {
                optimizer.ClipGradients(maxNorm, norm);
            }
        }

        optimizer.Step(learningRate, options.WeightDecay, meter.Blocked);
        network.Parameters.ZeroGradients();
        IsUpdating = false;
    }

    /// <summary>Gradients of a batch, part by part; the mean loss and the number of hits belong to the caller's dispose scope.</summary>
    internal (Tensor Loss, Tensor Hits) AddGradients(Tensor pixelsBHWC, Tensor labelsB)
    {
        using DisposeScope scope = NewDisposeScope();
        long images = labelsB.size(0), atOnce = options.MicroBatchSize ?? images;
        var losses = new List<Tensor>();
        var hits = new List<Tensor>();
        for (long start = 0; start < images; start += atOnce)
        {
            using DisposeScope part = NewDisposeScope();
            long count = Math.Min(atOnce, images - start);
            Tensor labels = labelsB.narrow(0, start, count);
            Tensor scoresBC = network.Forward(options.Normalization.Normalize(pixelsBHWC.narrow(0, start, count)));
            Tensor loss = nn.functional.cross_entropy(scoresBC, labels, reduction: nn.Reduction.Sum, label_smoothing: options.LabelSmoothing).DividedBy(images);
            loss.backward();
            losses.Add(loss.detach().MoveToOuterDisposeScope());
            hits.Add(scoresBC.argmax(1).eq(labels).sum().MoveToOuterDisposeScope());
        }

        return (stack(losses).sum().MoveToOuterDisposeScope(), stack(hits).sum().MoveToOuterDisposeScope());
    }
}
