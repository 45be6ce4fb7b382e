using NJepa.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Throughput.Peer;

/// <summary>A predictor from TorchSharp's modules: every block for all tokens, then the mask tokens are cut out.</summary>
internal sealed class PeerPredictor : Module<Tensor, Tensor, Tensor, Tensor?, Tensor>
{
    private readonly Linear predictor_embed;
    private readonly Parameter mask_token;
    private readonly Parameter pos_embed;
    private readonly ModuleList<Module<Tensor, Tensor>> predictor_blocks;
    private readonly LayerNorm predictor_norm;
    private readonly Linear predictor_proj;

    public PeerPredictor(ViT vit, PredictorOptions options)
        : base(nameof(PeerPredictor))
    {
        predictor_embed = Linear(vit.Width, options.Width);
        mask_token = Parameter(randn(1, 1, options.Width) * 0.02);
        pos_embed = Parameter(zeros(1, vit.Patches, options.Width), requires_grad: false);
        predictor_blocks = ModuleList([.. Enumerable.Range(0, options.Depth).Select(_ => (Module<Tensor, Tensor>)new PeerBlock(options.Width, options.Heads, options.MlpWidth))]);
        predictor_norm = LayerNorm(options.Width, eps: 1e-6);
        predictor_proj = Linear(options.Width, vit.Width);
        RegisterComponents();
    }

    /// <param name="contextBKD">The student's features.</param>
    /// <param name="visibleBK">Where they are.</param>
    /// <param name="targetsBMT">The patches to predict.</param>
    /// <param name="noiseBMTP">Noise for their positions; null for none.</param>
    /// <returns><c>[B,M,T,D]</c>.</returns>
    public override Tensor forward(Tensor contextBKD, Tensor visibleBK, Tensor targetsBMT, Tensor? noiseBMTP)
    {
        (long images, long context, long blocks, long length) = (contextBKD.size(0), contextBKD.size(1), targetsBMT.size(1), targetsBMT.size(2));
        Tensor positions = pos_embed.expand(images, -1, -1);
        long width = positions.size(2);
        Tensor x = predictor_embed.call(contextBKD) + positions.gather(1, visibleBK.unsqueeze(-1).expand(-1, -1, width));
        Tensor target = positions.gather(1, targetsBMT.flatten(1).unsqueeze(-1).expand(-1, -1, width)).view(images * blocks, length, width);
        if (noiseBMTP is not null)
        {
            target += noiseBMTP.view(images * blocks, length, width);
        }

        x = cat([x.repeat_interleave(blocks, 0), mask_token + target], 1);
        foreach (Module<Tensor, Tensor> block in predictor_blocks)
        {
            x = block.call(x);
        }

        x = predictor_norm.call(x).slice(1, context, context + length, 1);
        return predictor_proj.call(x).view(images, blocks, length, -1);
    }
}
