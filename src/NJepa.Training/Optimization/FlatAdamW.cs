using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// AdamW (arXiv 1711.05101) on a flat parameter buffer: two fused native calls a step, one for the part that decays and one for the rest, whatever the number of
/// parameters (on devices without libtorch's fused kernel, a dozen operations for each million of them). <c>p -= lr * wd * p</c>, then <c>p -= lr * m_hat / (sqrt(v_hat) + eps)</c>.
/// </summary>
/// <remarks>Dispose it to free the moments. Not thread-safe.</remarks>
public sealed class FlatAdamW : IDisposable
{
    private readonly ParameterBuffer _parameters;
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly List<Part> _parts = [];
    private readonly StepCount _steps;
    private readonly Tensor _never;
    private readonly bool _fused;

    /// <summary>An optimizer with zero moments.</summary>
    /// <param name="parameters">The parameters; they must have gradients.</param>
    /// <param name="beta1">Decay rate of the first moment, from 0 to below 1.</param>
    /// <param name="beta2">Decay rate of the second moment, from 0 to below 1.</param>
    /// <param name="epsilon">Added to the root of the second moment, above 0.</param>
    /// <exception cref="ArgumentException">The parameters have no gradients.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A decay rate or epsilon is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The parameters are disposed.</exception>
    public FlatAdamW(ParameterBuffer parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
        : this(parameters, beta1, beta2, epsilon, fused: null)
    {
    }

    // Without libtorch's fused kernel for the device (null: where there is one) the update is made of ordinary operations.
    // Ranges give parts of the buffer a share of the learning rate (null: one part that decays and one that does not, both at the whole rate).
    internal FlatAdamW(ParameterBuffer parameters, double beta1, double beta2, double epsilon, bool? fused, IReadOnlyList<OptimizerRange>? ranges = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Tensor gradients = parameters.Gradients ?? throw new ArgumentException("These parameters are not trained and have no gradients.", nameof(parameters));
        ObjectDisposedException.ThrowIf(parameters.Values.IsInvalid, parameters);
        Require(beta1 is >= 0 and < 1, nameof(beta1), beta1, "a decay rate must be at least 0 and below 1 (default 0.9)");
        Require(beta2 is >= 0 and < 1, nameof(beta2), beta2, "a decay rate must be at least 0 and below 1 (default 0.999)");
        Require(epsilon > 0 && double.IsFinite(epsilon), nameof(epsilon), epsilon, "it must be finite and above 0 (default 1e-8)");
        (_parameters, _beta1, _beta2, _epsilon) = (parameters, beta1, beta2, epsilon);
        _fused = fused ?? parameters.Values.device_type is DeviceType.CPU or DeviceType.CUDA;
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        FirstMoment = zeros_like(parameters.Values).DetachFromDisposeScope();
        SecondMoment = zeros_like(parameters.Values).DetachFromDisposeScope();
        _steps = new StepCount(parameters.Values.device);
        _never = zeros(1, dtype: ScalarType.Float32, device: parameters.Values.device).select(0, 0).DetachFromDisposeScope();
        ranges ??= [new(0, parameters.DecayedCount, Decayed: true, RateFactor: 1), new(parameters.DecayedCount, parameters.Count - parameters.DecayedCount, Decayed: false, RateFactor: 1)];
        foreach (OptimizerRange range in ranges.Where(range => range.Count > 0))
        {
            Tensor Slice(Tensor flat) => flat.narrow(0, range.Start, range.Count).DetachFromDisposeScope();
            _parts.Add(new Part(Slice(parameters.Values), Slice(gradients), Slice(FirstMoment), Slice(SecondMoment), range));
        }
    }

    /// <summary>Running mean of the gradients, laid out as the parameters.</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Running mean of the squared gradients, laid out as the parameters.</summary>
    public Tensor SecondMoment { get; }

    /// <summary>Number of steps taken. In a run of a <see cref="JepaTrainer"/>, which lets the device block steps, reading it waits for the device.</summary>
    /// <exception cref="ObjectDisposedException">The optimizer is disposed.</exception>
    public long Steps
    {
        get
        {
            ObjectDisposedException.ThrowIf(FirstMoment.IsInvalid, this);
            return _steps.Value;
        }
    }

    /// <summary>One update of all parameters. Gradients are left as they are.</summary>
    /// <param name="learningRate">The learning rate; finite, at least 0.</param>
    /// <param name="weightDecay">Decoupled weight decay of the decayed part; finite, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The optimizer or the parameters are disposed.</exception>
    public void Step(double learningRate, double weightDecay) => Step(learningRate, weightDecay, null);

    /// <summary>One update, unless the device says that the step does not count: parameters, moments and number of steps then stay as they are, whatever the gradients.</summary>
    /// <param name="learningRate">The learning rate; finite, at least 0.</param>
    /// <param name="weightDecay">Decoupled weight decay of the decayed part; finite, at least 0.</param>
    /// <param name="blocked">A float32 scalar on the parameters' device: 1 blocks the step, 0 takes it. Nobody waits for it where there is a fused kernel. Null takes the step.</param>
    internal void Step(double learningRate, double weightDecay, Tensor? blocked)
    {
        ThrowIfDisposed();
        Require(learningRate >= 0 && double.IsFinite(learningRate), nameof(learningRate), learningRate, "it must be finite and at least 0");
        Require(weightDecay >= 0 && double.IsFinite(weightDecay), nameof(weightDecay), weightDecay, "it must be finite and at least 0");
        using IDisposable noGradient = no_grad();
        if (!_fused && blocked is not null)
        {
            if (IsSet(blocked))
            {
                return;
            }

            blocked = null;
        }

        _steps.Advance(blocked);
        foreach (Part part in _parts)
        {
            double decay = part.Range.Decayed ? weightDecay : 0.0, rate = learningRate * part.Range.RateFactor;
            if (_fused)
            {
                FusedAdamW.Step(part.Values, part.Gradients, part.First, part.Second, _steps.Number, blocked ?? _never, rate, _beta1, _beta2, decay, _epsilon);
            }
            else
            {
                ChunkedAdamW.Step(part.Values, part.Gradients, part.First, part.Second, _steps.Value, rate, _beta1, _beta2, decay, _epsilon);
            }
        }
    }

    /// <summary>
    /// Scales all gradients down so that their common L2 norm is at most <paramref name="maxNorm"/>, without asking the device how long they are.
    /// </summary>
    /// <param name="maxNorm">The largest norm; finite, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxNorm"/> is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The optimizer or the parameters are disposed.</exception>
    public void ClipGradients(double maxNorm)
    {
        ThrowIfDisposed();
        using Tensor norm = GradientNorm();
        ClipGradients(maxNorm, norm);
    }

    /// <summary>The common L2 norm of all gradients, a float32 scalar on the device that belongs to the caller: not finite if a gradient is not, or the sum of their squares, which AdamW's second moment needs.</summary>
    internal Tensor GradientNorm()
    {
        using IDisposable noGradient = no_grad();
        return _parameters.Gradients!.norm();
    }

    /// <summary>The same as <see cref="ClipGradients(double)"/> with a norm that is known already.</summary>
    internal void ClipGradients(double maxNorm, Tensor norm)
    {
        ThrowIfDisposed();
        Require(maxNorm > 0 && double.IsFinite(maxNorm), nameof(maxNorm), maxNorm, "it must be finite and above 0; leave the call out to clip nothing");
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor gradients = _parameters.Gradients!;
        Tensor limit = norm.Plus(1e-6).reciprocal().Times(maxNorm);
        gradients.mul_(minimum(limit, ones_like(limit)));
    }

    /// <summary>Goes on from a number of steps, for checkpoints; the moments are to be copied into <see cref="FirstMoment"/> and <see cref="SecondMoment"/>.</summary>
    /// <param name="steps">Number of steps taken, at least 0.</param>
    internal void Restore(long steps)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        using IDisposable noGradient = no_grad();
        _steps.Restore(steps);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Part part in _parts)
        {
            part.Values.Dispose();
            part.Gradients.Dispose();
            part.First.Dispose();
            part.Second.Dispose();
        }

        _parts.Clear();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        _steps.Dispose();
        _never.Dispose();
    }

    // The slices share the parameters' memory and would outlive them: an update of weights that nobody can read any more.
    private void ThrowIfDisposed()
    {
        ObjectDisposedException.ThrowIf(FirstMoment.IsInvalid, this);
        ObjectDisposedException.ThrowIf(_parameters.Values.IsInvalid, _parameters);
    }

    private static bool IsSet(Tensor flag)
    {
        using Tensor host = flag.cpu();
        return host.data<float>()[0] != 0;
    }

    private static void Require(bool satisfied, string name, double value, string allowed)
    {
        if (!satisfied)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{name} is {value}; {allowed}."));
        }
    }

    private sealed record Part(Tensor Values, Tensor Gradients, Tensor First, Tensor Second, OptimizerRange Range);
}
