using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Throughput.Peer;

/// <summary>Masks and noise for the peer: those of NJepa, as index tensors.</summary>
internal sealed record PeerInputs(Tensor VisibleBK, Tensor TargetsBMT, Tensor NoiseBMTP)
{
    public static PeerInputs From(MaskBatch masks, int width, Device device)
    {
        long[] visible = Array.ConvertAll(masks.Context.ToArray(), index => (long)index);
        long[] targets = Array.ConvertAll(masks.Targets.ToArray(), index => (long)index);
        long[] shape = [masks.BatchSize, masks.TargetBlocks, masks.TargetLength, width];
        Tensor sigma = (randn(shape[0], shape[1], 1, 1, device: device) * 1.2 - 1.2).exp();
        return new PeerInputs(
            tensor(visible, [masks.BatchSize, masks.ContextLength], device: device),
            tensor(targets, [masks.BatchSize, masks.TargetBlocks, masks.TargetLength], device: device),
            randn(shape, device: device) * sigma);
    }
}
