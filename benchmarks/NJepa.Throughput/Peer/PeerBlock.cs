using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Throughput.Peer;

/// <summary>A pre-norm transformer block from TorchSharp's modules, as a user would write it: fused qkv, scaled dot product attention, GELU.</summary>
internal sealed class PeerBlock : Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly LayerNorm norm2;
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly GELU gelu;
    private readonly int _heads;

    public PeerBlock(int width, int heads, int mlpWidth)
        : base(nameof(PeerBlock))
    {
        norm1 = LayerNorm(width, eps: 1e-6);
        qkv = Linear(width, 3 * width);
        proj = Linear(width, width);
        norm2 = LayerNorm(width, eps: 1e-6);
        fc1 = Linear(width, mlpWidth);
        fc2 = Linear(mlpWidth, width);
        gelu = GELU();
        _heads = heads;
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        Tensor x = input + Attention(norm1.call(input));
        return x + fc2.call(gelu.call(fc1.call(norm2.call(x))));
    }

    private Tensor Attention(Tensor x)
    {
        (long n, long s, long width) = (x.size(0), x.size(1), x.size(2));
        Tensor[] parts = qkv.call(x).view(n, s, 3, _heads, width / _heads).permute(2, 0, 3, 1, 4).unbind(0);
        Tensor mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return proj.call(mixed.transpose(1, 2).reshape(n, s, width));
    }
}
