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
    private readonly ScalarType _type;

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
        _type = parameters.Values.dtype;
        PositionsLP = Constant.Positions(grid, options.Width, device);
    }

    public Tensor PositionsLP { get; }

    /// <summary>Predictions <c>[B,M,T,D]</c> from context features <c>[B,K,D]</c>.</summary>
    /// <param name="contextBKD">The student's features of the visible patches.</param>
    /// <param name="inputs">Masks and noise.</param>
    /// <param name="noisy">Whether the noise disturbs the mask tokens' positions.</param>
    /// <param name="tape">Where activations are recomputed; null keeps them.</param>
    public Tensor Forward(Tensor contextBKD, JepaInputs inputs, bool noisy, ActivationTape? tape = null)
    {
        using DisposeScope scope = NewDisposeScope();
        return Finish(ActivationTape.Run(tape, contextBKD, context => Tokens(context, inputs, noisy)), contextBKD.size(1), inputs, tape).MoveToOuterDisposeScope();
    }

    /// <summary>Predictions without and with noise, <c>[B,M,T,D]</c> each, of one predictor that serves as both: one pass of twice the batch.</summary>
    public (Tensor CleanBMTD, Tensor NoisyBMTD) ForwardBoth(Tensor contextBKD, JepaInputs inputs, Predictor noisy, ActivationTape? tape = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor tokens = ActivationTape.Run(tape, contextBKD, context => cat([Tokens(context, inputs, noisy: false), noisy.Tokens(context, inputs, noisy: true)]));
        Tensor both = Finish(tokens, contextBKD.size(1), inputs, tape);
        long images = contextBKD.size(0);
        return (both.narrow(0, 0, images).MoveToOuterDisposeScope(), both.narrow(0, images, images).MoveToOuterDisposeScope());
    }

    /// <summary>The sequence <c>[B*M, K+T, P]</c> that enters the first block: context tokens, then mask tokens.</summary>
    internal Tensor Tokens(Tensor contextBKD, JepaInputs inputs, bool noisy)
    {
        using DisposeScope scope = NewDisposeScope();
        long width = PositionsLP.size(1);
        Tensor embeddedBKP = _embed.Forward(contextBKD);
        Tensor contextPositionsBKP = PositionsLP.index_select(0, inputs.Context.Patches).view(inputs.Context.Shape(width));
        Tensor positionsBMTP = PositionsLP.index_select(0, inputs.Targets.Patches).view(inputs.Targets.Shape(width));
        if (noisy)
        {
            positionsBMTP = Disturbed(positionsBMTP, inputs.SignalScaleBM11, inputs.NoiseBMTP);
        }

        long[] shape = positionsBMTP.shape;
        (long images, long blocks, long length) = (shape[0], shape[1], shape[2]);
        Tensor contextB1KP = noisy && inputs.ContextNoiseBNKP is not null
            ? embeddedBKP.unsqueeze(1).Plus(Disturbed(contextPositionsBKP.unsqueeze(1), inputs.SignalScaleBM11, inputs.ContextNoiseBNKP)).As(_type)
            : embeddedBKP.Plus(contextPositionsBKP).As(_type).unsqueeze(1);
        Tensor contextRepeated = contextB1KP.expand(images, blocks, -1, -1).reshape(images * blocks, -1, width);
        return cat([contextRepeated, positionsBMTP.Plus(_maskToken11P).As(_type).view(images * blocks, length, width)], 1).MoveToOuterDisposeScope();
    }

    private static Tensor Disturbed(Tensor positions, Tensor? scale, Tensor? noise)
    {
        Tensor scaled = scale is null ? positions : positions * scale;
        return noise is null ? scaled : scaled.Plus(noise);
    }

    internal TransformerBlock Block(int index) => _blocks[index];

    public void Dispose() => PositionsLP.Dispose();

    // From the first block to the answers, float32 for the losses.
    private Tensor Finish(Tensor tokens, long context, JepaInputs inputs, ActivationTape? tape)
    {
        for (int i = 0; i < _blocks.Length - 1; i++)
        {
            using Tensor input = tokens;
            tokens = ActivationTape.Run(tape, input, _blocks[i].Forward);
        }

        // The shape is given within the part: the gradient that comes back to the tape's end has it as well.
        long[] shape = inputs.Targets.Shape(_projection.Bias.size(0));
        shape[0] = -1;
        return ActivationTape.End(
            tape, ActivationTape.Run(tape, tokens, last => _projection.Forward(_norm.Forward(_blocks[^1].ForwardLast(last, context))).As(ScalarType.Float32).view(shape)));
    }
}
