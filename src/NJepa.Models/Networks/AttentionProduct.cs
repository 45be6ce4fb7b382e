using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Models;

/// <summary>
/// Softmax attention between queries, keys and values. libtorch's fused kernel serves long sequences and GPUs; on a processor it works through one head of one sequence at a time, in pieces that are too
/// small for short sequences. Those are quicker as batched products over all heads and sequences, with the probabilities written out: docs/benchmarks.md has both.
/// </summary>
internal sealed class AttentionProduct(int heads, long headWidth)
{
    /// <summary>Up to so many keys the batched products are at least as quick.</summary>
    private const long ShortSequence = 128;

    private readonly double _scale = 1.0 / Math.Sqrt(headWidth);

    /// <summary><c>[N,S,parts*W]</c> to <paramref name="parts"/> tensors for <see cref="Mix"/>: <c>[N,H,S,C]</c> as views, or <c>[N*H,S,C]</c> from one copy of them all.</summary>
    /// <param name="x">Queries, keys and values side by side, or some of them.</param>
    /// <param name="parts">How many.</param>
    /// <param name="keys">The number of keys of the attention that they are for.</param>
    public Tensor[] Split(Tensor x, int parts, long keys)
    {
        (long sequences, long tokens) = (x.size(0), x.size(1));
        Tensor split = x.view(sequences, tokens, parts, heads, headWidth).permute(2, 0, 3, 1, 4);
        return (IsBatched(x, keys) ? split.reshape(parts, sequences * heads, tokens, headWidth) : split).unbind(0);
    }

    /// <summary>Attention of what <see cref="Split"/> gave, <c>[N,Q,W]</c>.</summary>
    public Tensor Mix(Tensor q, Tensor k, Tensor v)
    {
        Tensor mixed = q.dim() == 4 ? functional.scaled_dot_product_attention(q, k, v) : Batched(q, k, v);
        return mixed.transpose(1, 2).reshape(mixed.size(0), mixed.size(2), -1);
    }

    // In bfloat16 the scores would be rounded before the softmax; the fused kernel keeps them in float32.
    private static bool IsBatched(Tensor x, long keys) => keys <= ShortSequence && x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32;

    private Tensor Batched(Tensor q, Tensor k, Tensor v)
    {
        Tensor scores = q.bmm(k.transpose(1, 2));
        scores.ScaleInPlace(_scale);
        return functional.softmax(scores, -1).bmm(v).view(-1, heads, q.size(1), headWidth);
    }
}
