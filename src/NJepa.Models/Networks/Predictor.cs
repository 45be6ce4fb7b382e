using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// A predictor (I-JEPA, section 4): a narrow transformer that reads the student's context tokens and, for each target block, mask tokens that say where; it answers
/// with the teacher's features there.
/// </summary>
internal sealed class Predictor : IDisposable
{
    private readonly LinearLayer _embed;
    private readonly TransformerBlock[] _blocks;
    private readonly LayerNormLayer _norm;
    private readonly LinearLayer _projection;
    private readonly Tensor _maskToken11P;

    /// <param name="options">The size.</param>
    /// <param name="grid">The patch grid.</param>
    /// <param name="parameters">The buffer that holds the weights.</param>
    /// <param name="prefix">Name prefix of the layers.</param>
    /// <param name="maskTokenPrefix">Name prefix of the mask token, which a predictor may share with another.</param>
    /// <param name="device">The device.</param>
    public Predictor(PredictorOptions options, PatchGrid grid, ParameterBuffer parameters, string prefix, string maskTokenPrefix, Device device)
    {
        _embed = new LinearLayer(parameters, prefix + "predictor_embed");
        _blocks = [.. Enumerable.Range(0, options.Depth).Select(i => new TransformerBlock(parameters, $"{prefix}predictor_blocks.{i}", options.Heads))];
        _norm = new LayerNormLayer(parameters, prefix + "predictor_norm");
        _projection = new LinearLayer(parameters, prefix + "predictor_proj");
        _maskToken11P = parameters[maskTokenPrefix + "mask_token"].Value;
        PositionsLP = Constant.Positions(grid, options.Width, device);
    }

    public Tensor PositionsLP { get; }

    /// <summary>Predictions <c>[B,M,T,D]</c> from context features <c>[B,K,D]</c>.</summary>
    /// <param name="contextBKD">The student's features of the visible patches.</param>
    /// <param name="inputs">Masks and noise.</param>
    /// <param name="noisy">Whether the noise disturbs the mask tokens' positions.</param>
    public Tensor Forward(Tensor contextBKD, JepaInputs inputs, bool noisy)
    {
        Tensor tokens = Tokens(contextBKD, inputs, noisy);
        long context = contextBKD.size(1);
        for (int i = 0; i < _blocks.Length - 1; i++)
        {
            tokens = _blocks[i].Forward(tokens);
        }

        Tensor predictions = _projection.Forward(_norm.Forward(_blocks[^1].ForwardLast(tokens, context)));
        return predictions.view(inputs.Targets.Shape(predictions.size(-1)));
    }

    /// <summary>The sequence <c>[B*M, K+T, P]</c> that enters the first block: context tokens, then mask tokens.</summary>
    internal Tensor Tokens(Tensor contextBKD, JepaInputs inputs, bool noisy)
    {
        long width = PositionsLP.size(1);
        Tensor contextBKP = _embed.Forward(contextBKD).Plus(PositionsLP.index_select(0, inputs.Context.Patches).view(inputs.Context.Shape(width)));
        Tensor positionsBMTP = PositionsLP.index_select(0, inputs.Targets.Patches).view(inputs.Targets.Shape(width));
        if (noisy && inputs.SignalScaleBM11 is not null)
        {
            positionsBMTP = positionsBMTP * inputs.SignalScaleBM11;
        }

        if (noisy && inputs.NoiseBMTP is not null)
        {
            positionsBMTP = positionsBMTP.Plus(inputs.NoiseBMTP);
        }

        long[] shape = positionsBMTP.shape;
        (long images, long blocks, long length) = (shape[0], shape[1], shape[2]);
        Tensor contextRepeated = contextBKP.unsqueeze(1).expand(images, blocks, -1, -1).reshape(images * blocks, -1, width);
        return cat([contextRepeated, positionsBMTP.Plus(_maskToken11P).view(images * blocks, length, width)], 1);
    }

    internal TransformerBlock Block(int index) => _blocks[index];

    public void Dispose() => PositionsLP.Dispose();
}
