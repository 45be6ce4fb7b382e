using BenchmarkDotNet.Attributes;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Benchmarks.Parts;

/// <summary>One transformer block over the 196 tokens of a 224-pixel image, at the width of ViT-S and ViT-B; the time is an image's.</summary>
public class TransformerBlockPass
{
    private const int BatchSize = 4;
    private const int Tokens = 196;
    private ParameterBuffer? _parameters;
    private TransformerBlock? _block;
    private Tensor? _tokensBLD;

    /// <summary>D, the number of channels; heads have 64 each.</summary>
    [Params(384, 768)]
    public int Width { get; set; }

    /// <summary>Builds the block and its input.</summary>
    [GlobalSetup]
    public void Setup()
    {
        NJepaRuntime.EnsureLoaded();
        var encoder = new ViT { Width = Width, Depth = 1, Heads = Width / 64 };
        ParameterSpec[] specs = [.. TransformerSpecs.Encoder("", encoder, rescale: false).OrderByDescending(spec => spec.Decayed)];
        _parameters = new ParameterBuffer(specs, CPU, trainable: true);
        ParameterInitializer.Initialize(_parameters, specs, seed: 0);
        _block = new TransformerBlock(_parameters, "blocks.0", encoder.Heads);
        _tokensBLD = randn([BatchSize, Tokens, Width]).requires_grad_().DetachFromDisposeScope();
    }

    /// <summary>The block as the teacher runs it.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public float Forward()
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return _block!.Forward(_tokensBLD!).mean().item<float>();
    }

    /// <summary>The block as it is trained.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public float ForwardAndBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        return Backward(_block!.Forward(_tokensBLD!));
    }

    /// <summary>Its attention alone, projections included.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public float AttentionForward()
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return _block!.Attention(_tokensBLD!).mean().item<float>();
    }

    /// <summary>Its attention alone, projections included, as it is trained.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public float AttentionForwardAndBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        return Backward(_block!.Attention(_tokensBLD!));
    }

    /// <summary>Frees everything native.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _tokensBLD?.grad?.Dispose();
        _tokensBLD?.Dispose();
        _parameters?.Dispose();
    }

    private static float Backward(Tensor output)
    {
        Tensor loss = output.mean();
        loss.backward();
        return loss.item<float>();
    }
}
