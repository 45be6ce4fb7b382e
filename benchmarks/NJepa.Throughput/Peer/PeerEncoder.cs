using NJepa.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Throughput.Peer;

/// <summary>A vision transformer from TorchSharp's modules: convolution, positions, blocks, LayerNorm. With a mask it drops the hidden patches after the embedding.</summary>
internal sealed class PeerEncoder : Module<Tensor, Tensor?, Tensor>
{
    private readonly Conv2d patch_embed;
    private readonly Parameter pos_embed;
    private readonly ModuleList<Module<Tensor, Tensor>> blocks;
    private readonly LayerNorm norm;

    public PeerEncoder(ViT vit)
        : base(nameof(PeerEncoder))
    {
        patch_embed = Conv2d(vit.Channels, vit.Width, vit.PatchSize, stride: vit.PatchSize);
        pos_embed = Parameter(zeros(1, vit.Patches, vit.Width), requires_grad: false);
        blocks = ModuleList([.. Enumerable.Range(0, vit.Depth).Select(_ => (Module<Tensor, Tensor>)new PeerBlock(vit.Width, vit.Heads, vit.MlpWidth))]);
        norm = LayerNorm(vit.Width, eps: 1e-6);
        RegisterComponents();
    }

    /// <param name="imagesBCHW">Images.</param>
    /// <param name="visibleBK">Indices of the patches to keep, <c>[B,K]</c>; null keeps all.</param>
    public override Tensor forward(Tensor imagesBCHW, Tensor? visibleBK)
    {
        Tensor x = patch_embed.call(imagesBCHW).flatten(2).transpose(1, 2) + pos_embed;
        if (visibleBK is not null)
        {
            x = x.gather(1, visibleBK.unsqueeze(-1).expand(-1, -1, x.size(2)));
        }

        foreach (Module<Tensor, Tensor> block in blocks)
        {
            x = block.call(x);
        }

        return norm.call(x);
    }
}
