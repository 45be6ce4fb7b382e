using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Models;

// Shapes: N sequences, S tokens each, Q of them queried, W channels, H heads of C = W / H channels.

/// <summary>A linear layer <c>x W^T + b</c> on views of a parameter buffer.</summary>
internal sealed class LinearLayer(ParameterBuffer buffer, string name)
{
    private readonly bool _promoted = MatrixProducts.ArePromoted(buffer.Values);

    public Tensor Weight { get; } = buffer[name + ".weight"].Value;

    public Tensor Bias { get; } = buffer[name + ".bias"].Value;

    public Tensor Forward(Tensor x) => MatrixProducts.Linear(x, Weight, Bias, _promoted);

    /// <summary>With a weight of any shape seen as <c>[out, in]</c>: a convolution's kernels on rows of patches.</summary>
    public Tensor ForwardFlat(Tensor x) => MatrixProducts.Linear(x, Weight.view(Weight.size(0), -1), Bias, _promoted);

    /// <summary>Only the given rows of the weight: <paramref name="count"/> outputs from <paramref name="start"/>.</summary>
    public Tensor Forward(Tensor x, long start, long count) => MatrixProducts.Linear(x, Weight.narrow(0, start, count), Bias.narrow(0, start, count), _promoted);
}

/// <summary>LayerNorm over the last dimension on views of a parameter buffer; eps 1e-6 inside the networks.</summary>
internal sealed class LayerNormLayer(ParameterBuffer buffer, string name)
{
    private const double Epsilon = 1e-6;
    private readonly Tensor _weight = buffer[name + ".weight"].Value;
    private readonly Tensor _bias = buffer[name + ".bias"].Value;
    private readonly long[] _shape = [buffer[name + ".weight"].Count];

    public Tensor Forward(Tensor x) => functional.layer_norm(x, _shape, _weight, _bias, Epsilon);
}

/// <summary>A pre-norm transformer block: <c>x += attn(norm1(x)); x += mlp(norm2(x))</c>, fused qkv, exact GELU.</summary>
internal sealed class TransformerBlock(ParameterBuffer buffer, string name, int heads)
{
    private readonly AttentionProduct _attention = new(heads, buffer[name + ".norm1.weight"].Count / heads);
    private readonly LayerNormLayer _norm1 = new(buffer, name + ".norm1");
    private readonly LinearLayer _qkv = new(buffer, name + ".attn.qkv");
    private readonly LinearLayer _projection = new(buffer, name + ".attn.proj");
    private readonly LayerNormLayer _norm2 = new(buffer, name + ".norm2");
    private readonly LinearLayer _fc1 = new(buffer, name + ".mlp.fc1");
    private readonly LinearLayer _fc2 = new(buffer, name + ".mlp.fc2");

    /// <summary><c>[N,S,W]</c> to <c>[N,S,W]</c>.</summary>
    // Whatever lies between is let go at once: in a pass without gradients the next block finds its memory warm, in one with gradients only what the backward pass reads stays.
    public Tensor Forward(Tensor xNSW)
    {
        using DisposeScope scope = NewDisposeScope();
        return Finish(xNSW, Attention(_norm1.Forward(xNSW))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The block's output for the tokens from <paramref name="firstQuery"/> on, <c>[N,Q,W]</c>: what follows reads no other, so queries, output projection and MLP
    /// of the tokens before are not computed. Same result as cutting the output of <see cref="Forward(Tensor)"/>.
    /// </summary>
    public Tensor ForwardLast(Tensor xNSW, long firstQuery)
    {
        using DisposeScope scope = NewDisposeScope();
        long queries = xNSW.size(1) - firstQuery;
        Tensor normed = _norm1.Forward(xNSW);
        return ForwardQueries(xNSW.narrow(1, firstQuery, queries), normed.narrow(1, firstQuery, queries), normed).MoveToOuterDisposeScope();
    }

    /// <summary>The block's output for some tokens only, <c>[N,Q,W]</c>: as <see cref="ForwardLast"/>, for tokens anywhere.</summary>
    /// <param name="xNSW">All tokens.</param>
    /// <param name="rows">Which tokens, as rows of the tokens laid out as <c>[N*S,W]</c>; Q of each sequence, in order of the sequences.</param>
    public Tensor ForwardAt(Tensor xNSW, Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor normed = _norm1.Forward(xNSW);
        Tensor Gather(Tensor all) => all.view(-1, all.size(2)).index_select(0, rows).view(all.size(0), -1, all.size(2));
        return ForwardQueries(Gather(xNSW), Gather(normed), normed).MoveToOuterDisposeScope();
    }

    /// <summary>Attention on normed tokens, output projection included, before the residual sum.</summary>
    internal Tensor Attention(Tensor normedNSW)
    {
        Tensor[] qkv = _attention.Split(_qkv.Forward(normedNSW), 3, normedNSW.size(1));
        return _projection.Forward(_attention.Mix(qkv[0], qkv[1], qkv[2]));
    }

    internal Tensor Mlp(Tensor normedNSW) => _fc2.Forward(functional.gelu(_fc1.Forward(normedNSW)));

    internal Tensor Norm1(Tensor x) => _norm1.Forward(x);

    internal Tensor Norm2(Tensor x) => _norm2.Forward(x);

    private Tensor ForwardQueries(Tensor xNQW, Tensor normedNQW, Tensor normedNSW)
    {
        (long keys, long width) = (normedNSW.size(1), normedNSW.size(2));
        Tensor q = _attention.Split(_qkv.Forward(normedNQW, 0, width), 1, keys)[0];
        Tensor[] kv = _attention.Split(_qkv.Forward(normedNSW, width, 2 * width), 2, keys);
        return Finish(xNQW, _projection.Forward(_attention.Mix(q, kv[0], kv[1])));
    }

    // The residual sums are added into what attention and MLP have just written: no pass reads those alone.
    private Tensor Finish(Tensor x, Tensor attended)
    {
        attended.AddInPlace(x);
        Tensor mixed = Mlp(_norm2.Forward(attended));
        mixed.AddInPlace(attended);
        return mixed;
    }
}
