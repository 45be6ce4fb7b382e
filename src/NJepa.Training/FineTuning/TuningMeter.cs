using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// Sums losses and hits on the device, and blocks the update of a step whose loss or gradients are not finite and of all after it: the weights stay those before that step. The host learns of it when it reads; until then
/// nobody waits.
/// </summary>
internal sealed class TuningMeter : IDisposable
{
    private static readonly string[] Terms = ["loss", "gradient"];

    private readonly Tensor _sums;
    private readonly Tensor _bad;
    private readonly Tensor _off;
    private readonly Tensor _one;

    public TuningMeter(Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        _sums = zeros(3, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        _bad = zeros(2, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        _off = zeros(3, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        _one = ones(1, dtype: ScalarType.Float32, device: device).select(0, 0).DetachFromDisposeScope();
        Blocked = zeros(1, dtype: ScalarType.Float32, device: device).select(0, 0).DetachFromDisposeScope();
    }

    /// <summary>A float32 scalar on the device: 1 if the step that was added last must change nothing.</summary>
    public Tensor Blocked { get; }

    /// <summary>Adds a step before its update.</summary>
    /// <param name="loss">Its loss, a scalar without gradient.</param>
    /// <param name="hits">How many of its images were recognised, a scalar.</param>
    /// <param name="gradientNorm">The norm of all gradients.</param>
    public void Add(Tensor loss, Tensor hits, Tensor gradientNorm)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor bad = stack([loss, gradientNorm]).isfinite().logical_not();
        Tensor blockedBefore = Blocked.to_type(ScalarType.Bool), blocked = bad.any().logical_or(blockedBefore);
        _bad.copy_(where(blockedBefore, _bad, bad.to_type(ScalarType.Float32)));
        _sums.AddInPlace(where(blocked, _off, stack([loss, hits.to_type(ScalarType.Float32), _one])));
        Blocked.copy_(blocked);
    }

    /// <summary>What was summed since the last call; waits for the device. Steps count again afterwards.</summary>
    public TuningSums Read()
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        float[] read = cat([_sums, _bad], 0).cpu().data<float>().ToArray();
        _sums.zero_();
        _bad.zero_();
        Blocked.zero_();
        string[] terms = [.. Terms.Where((_, i) => read[3 + i] != 0)];
        return new TuningSums((long)read[2], read[0], (long)read[1], terms);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in new[] { _sums, _bad, _off, _one, Blocked })
        {
            tensor.Dispose();
        }
    }
}

/// <summary>Sums over steps.</summary>
/// <param name="Steps">The steps that counted: all before the first bad one.</param>
/// <param name="Loss">The sum of their losses.</param>
/// <param name="Hits">How many of their images were recognised.</param>
/// <param name="BadTerms">What was not finite in the step after them; empty if there was no such step.</param>
internal sealed record TuningSums(long Steps, double Loss, long Hits, IReadOnlyList<string> BadTerms)
{
    public static TuningSums None { get; } = new(0, 0, 0, []);

    public TuningSums Plus(TuningSums other) => new(Steps + other.Steps, Loss + other.Loss, Hits + other.Hits, other.BadTerms);
}
