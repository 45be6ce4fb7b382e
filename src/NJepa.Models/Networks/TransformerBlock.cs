using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Models;

// Shapes: N sequences, S tokens each, Q of them queried, W channels, H heads of C = W / H channels.

/// <summary>A linear layer <c>x W^T + b</c> on views of a parameter buffer.</summary>
internal sealed class LinearLayer(ParameterBuffer buffer, string name)
{
    public Tensor Weight { get; } = buffer[name + ".weight"].Value;

    public Tensor Bias { get; } = buffer[name + ".bias"].Value;

    public Tensor Forward(Tensor x) => functional.linear(x, Weight, Bias);

    /// <summary>Only the given rows of the weight: <paramref name="count"/> outputs from <paramref name="start"/>.</summary>
    public Tensor Forward(Tensor x, long start, long count) => functional.linear(x, Weight.narrow(0, start, count), Bias.narrow(0, start, count));
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
    private readonly LayerNormLayer _norm1 = new(buffer, name + ".norm1");
    private readonly LinearLayer _qkv = new(buffer, name + ".attn.qkv");
    private readonly LinearLayer _projection = new(buffer, name + ".attn.proj");
    private readonly LayerNormLayer _norm2 = new(buffer, name + ".norm2");
    private readonly LinearLayer _fc1 = new(buffer, name + ".mlp.fc1");
    private readonly LinearLayer _fc2 = new(buffer, name + ".mlp.fc2");

    /// <summary><c>[N,S,W]</c> to <c>[N,S,W]</c>.</summary>
    public Tensor Forward(Tensor xNSW)
    {
        Tensor attended = xNSW.Plus(Attention(_norm1.Forward(xNSW)));
        return attended.Plus(Mlp(_norm2.Forward(attended)));
    }

    /// <summary>
    /// The block's output for the tokens from <paramref name="firstQuery"/> on, <c>[N,Q,W]</c>: what follows reads no other, so queries, output projection and MLP
    /// of the tokens before are not computed. Same result as cutting the output of <see cref="Forward(Tensor)"/>.
    /// </summary>
    public Tensor ForwardLast(Tensor xNSW, long firstQuery)
    {
        long queries = xNSW.size(1) - firstQuery;
        Tensor normed = _norm1.Forward(xNSW);
        long width = normed.size(2);
        Tensor q = Split(_qkv.Forward(normed.narrow(1, firstQuery, queries), 0, width), 1)[0];
        Tensor[] kv = Split(_qkv.Forward(normed, width, 2 * width), 2);
        Tensor attended = xNSW.narrow(1, firstQuery, queries).Plus(Attend(q, kv[0], kv[1]));
        return attended.Plus(Mlp(_norm2.Forward(attended)));
    }

    /// <summary>Attention on normed tokens, output projection included, before the residual sum.</summary>
    internal Tensor Attention(Tensor normedNSW)
    {
        Tensor[] qkv = Split(_qkv.Forward(normedNSW), 3);
        return Attend(qkv[0], qkv[1], qkv[2]);
    }

    internal Tensor Mlp(Tensor normedNSW) => _fc2.Forward(functional.gelu(_fc1.Forward(normedNSW)));

    internal Tensor Norm1(Tensor x) => _norm1.Forward(x);

    internal Tensor Norm2(Tensor x) => _norm2.Forward(x);

    // [N,S,parts*W] to `parts` tensors [N,H,S,C]: views, nothing is copied.
    private Tensor[] Split(Tensor x, int parts)
    {
        long width = x.size(2) / parts;
        Tensor split = x.view(x.size(0), x.size(1), parts, heads, width / heads).permute(2, 0, 3, 1, 4);
        return split.unbind(0);
    }

    private Tensor Attend(Tensor qNHQC, Tensor kNHSC, Tensor vNHSC)
    {
        Tensor mixed = functional.scaled_dot_product_attention(qNHQC, kNHSC, vNHSC);
        return _projection.Forward(mixed.transpose(1, 2).reshape(mixed.size(0), mixed.size(2), -1));
    }
}
