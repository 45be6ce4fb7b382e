using System.Runtime.InteropServices;
using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// An encoder and a linear head on the mean of its patch features, all in one trainable buffer: <c>[matrices, layer by layer, head | biases and norms, layer by layer, head]</c>, so that each layer is one range in each
/// half of it (<see cref="LayerRates"/>).
/// </summary>
internal sealed class TuningNetwork : IDisposable
{
    /// <summary>Of the initial weights' usual standard deviation of 0.02, as in MAE: the head begins with 2e-5, next to nothing, and the first gradients do not shake the encoder.</summary>
    private const double HeadScale = 1e-3;

    private const string HeadName = "head";

    private readonly LinearLayer _head;
    private readonly string[] _classNames;

    /// <param name="source">The encoder to begin with; it is copied.</param>
    /// <param name="classNames">The classes [C].</param>
    /// <param name="seed">Seed of the head's first weights.</param>
    public TuningNetwork(ViTEncoder source, IReadOnlyList<string> classNames, ulong seed)
    {
        ViT size = source.Configuration;
        _classNames = [.. classNames];
        ParameterSpec[] head =
        [
            new(HeadName + ".weight", [classNames.Count, size.Width], ParameterInitialization.TruncatedNormal, HeadScale),
            new(HeadName + ".bias", [classNames.Count], ParameterInitialization.Zeros),
        ];
        Parameters = new ParameterBuffer([.. TransformerSpecs.Encoder("", size, rescale: false).Concat(head).OrderByDescending(spec => spec.Decayed)], source.Device, trainable: true);
        try
        {
            ParameterInitializer.Initialize(Parameters, head, seed);
            Copy(source.Parameters, source.Prefix, Parameters, size);
            Encoder = new ViTEncoder(size, Parameters, "", source.Device, positionsLD: source.OwnPositions());
            _head = new LinearLayer(Parameters, HeadName);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ParameterBuffer Parameters { get; }

    /// <summary>The encoder in training; it sees every change.</summary>
    public ViTEncoder Encoder { get; }

    /// <summary>Scores <c>[B,C]</c> of normalised images, with gradients; they belong to the caller's dispose scope.</summary>
    public Tensor Forward(Tensor imagesBCHW)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDevice.Use(Encoder.Device, Precision.Float32);
        Tensor featuresBD = Encoder.EncodeAllPooled(Patches.FromImages(imagesBCHW, Encoder.Configuration.PatchSize), imagesBCHW.size(0));
        return _head.Forward(featuresBD).MoveToOuterDisposeScope();
    }

    /// <summary>A copy of the head as it stands.</summary>
    public LinearClassifier CopyHead() => new(_classNames, Doubles(_head.Weight), Doubles(_head.Bias));

    /// <summary>A copy of the encoder as it stands, which belongs to the caller.</summary>
    public ViTEncoder CopyEncoder()
    {
        ViTEncoder copy = ViTEncoder.Allocate(Encoder.Configuration, Encoder.Device, Encoder.OwnPositions());
        try
        {
            Copy(Parameters, "", copy.Parameters, Encoder.Configuration);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Encoder?.Dispose();
        Parameters.Dispose();
    }

    private static void Copy(ParameterBuffer from, string fromPrefix, ParameterBuffer to, ViT size)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (ParameterSpec spec in TransformerSpecs.Encoder("", size, rescale: false))
        {
            to[spec.Name].Value.copy_(from[fromPrefix + spec.Name].Value);
        }
    }

    private static double[] Doubles(Tensor values)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, double>(values.to(ScalarType.Float64).cpu().contiguous().bytes).ToArray();
    }
}
