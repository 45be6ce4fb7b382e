using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// AdamW by ordinary operations, for devices that libtorch has no fused kernel for, and to check that kernel against. It works in chunks that a cache holds: each is read from memory
/// once, not once for each operation, and what lies between is as large as a chunk, whatever the number of parameters.
/// </summary>
internal static class ChunkedAdamW
{
    private const long ChunkLength = 1 << 18;

    /// <summary>One step on flat tensors of equal length; <paramref name="step"/> is counted from 1.</summary>
    public static void Step(
        Tensor values, Tensor gradients, Tensor first, Tensor second, long step, double learningRate, double beta1, double beta2, double weightDecay, double epsilon)
    {
        using Scalar shrink = (1 - (learningRate * weightDecay)).ToScalar(), beta = beta2.ToScalar(), rest = (1 - beta2).ToScalar(), keep = beta1.ToScalar(), share = (1 - beta1).ToScalar();
        using Scalar correction = (1 / Math.Sqrt(1 - Math.Pow(beta2, step))).ToScalar(), eps = epsilon.ToScalar(), rate = (-learningRate / (1 - Math.Pow(beta1, step))).ToScalar(), one = 1.ToScalar();
        for (long start = 0; start < values.size(0); start += ChunkLength)
        {
            using DisposeScope scope = NewDisposeScope();
            long length = Math.Min(ChunkLength, values.size(0) - start);
            Tensor p = values.narrow(0, start, length), g = gradients.narrow(0, start, length), m = first.narrow(0, start, length), v = second.narrow(0, start, length);
            m.mul_(keep).add_(g, share);
            v.mul_(beta).addcmul_(g, g, rest);
            p.mul_(shrink).addcdiv_(m, v.sqrt().mul_(correction).add_(eps, one), rate);
        }
    }
}
