using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// Decides on the device, step by step, whether the losses and the gradients are finite, and blocks the update if not. A NaN that reaches AdamW's moments or the moving average never leaves them
/// again: the run is lost from there on, and nothing shows it before the next report. The host learns of it when it asks; until then nobody waits.
/// </summary>
internal sealed class FiniteGuard : IDisposable
{
    private static readonly string[] Names = ["clean-teacher", "noisy-teacher", "noisy-clean", "variance", "covariance", "total", "gradient"];
    private readonly bool _stop;
    private readonly Tensor _off;
    private readonly Tensor _counted;
    private readonly Tensor _candidate;
    private readonly Tensor _candidateStep;
    private readonly Tensor _candidateTerms;
    private readonly Tensor _noted;
    private readonly Tensor _blockedSteps;
    private readonly Tensor _first;

    public FiniteGuard(JepaModel model, NonFinitePolicy policy)
    {
        _stop = policy == NonFinitePolicy.Stop;
        using DisposeScope scope = NewDisposeScope();
        JepaLossWeights losses = model.Configuration.Recipe.LossWeights;
        VarianceCovarianceWeights spread = model.Configuration.Recipe.VarianceCovariance;

        // A term of weight 0 is not in the total: it does no harm, whatever it is.
        bool[] counted = [losses.CleanTeacher != 0, losses.NoisyTeacher != 0, losses.NoisyClean != 0, spread.Variance != 0, spread.Covariance != 0, true, true];
        _counted = tensor(counted, device: model.Device).DetachFromDisposeScope();
        _off = zeros(1, dtype: ScalarType.Float32, device: model.Device).select(0, 0).DetachFromDisposeScope();
        Blocked = zeros(1, dtype: ScalarType.Float32, device: model.Device).select(0, 0).DetachFromDisposeScope();

        // The step and one number for each term: of this step, and of the first bad one.
        _candidate = zeros(1 + Names.Length, dtype: ScalarType.Float64, device: model.Device).DetachFromDisposeScope();
        _candidateStep = _candidate.select(0, 0).DetachFromDisposeScope();
        _candidateTerms = _candidate.narrow(0, 1, Names.Length).DetachFromDisposeScope();

        // For one transfer: the number of blocked steps, and the first bad one.
        _noted = zeros(2 + Names.Length, dtype: ScalarType.Float64, device: model.Device).DetachFromDisposeScope();
        _blockedSteps = _noted.select(0, 0).DetachFromDisposeScope();
        _first = _noted.narrow(0, 1, 1 + Names.Length).DetachFromDisposeScope();
    }

    /// <summary>A float32 scalar on the device: 1 if the step that was checked last must change nothing.</summary>
    public Tensor Blocked { get; }

    /// <summary>Checks a step before its update; <see cref="Blocked"/> then stands.</summary>
    /// <param name="losses">The losses of the step.</param>
    /// <param name="gradientNorm">The norm of all gradients, a scalar: finite only if they are.</param>
    /// <param name="step">The step, counted from 0.</param>
    public void Check(JepaLosses losses, Tensor gradientNorm, long step)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor terms = stack([losses.CleanTeacher, losses.NoisyTeacher ?? _off, losses.NoisyClean ?? _off, losses.Variance ?? _off, losses.Covariance ?? _off, losses.Total, gradientNorm]);
        Tensor badTerms = terms.isfinite().logical_not().logical_and(_counted);
        Tensor bad = badTerms.any();
        _candidateStep.FillWith(step);
        _candidateTerms.copy_(badTerms);
        _first.copy_(where(bad.logical_and(_blockedSteps.logical_not()), _candidate, _first));

        // Weights after a bad step are not those that the next one would have had: with Stop it is the last.
        Blocked.copy_(_stop ? bad.logical_or(_blockedSteps) : bad);
        _blockedSteps.AddInPlace(Blocked);
    }

    /// <summary>What was noted since the last call, or null if every step was fine; waits for the device. With <see cref="NonFinitePolicy.Stop"/> steps count again afterwards.</summary>
    public NonFiniteFinding? Read()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] noted = _noted.cpu().data<double>().ToArray();
        if (noted[0] == 0)
        {
            return null;
        }

        _blockedSteps.zero_();
        return new NonFiniteFinding((long)noted[1], [.. Names.Where((_, i) => noted[2 + i] != 0)], (long)noted[0]);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in new[] { Blocked, _off, _counted, _candidate, _candidateStep, _candidateTerms, _noted, _blockedSteps, _first })
        {
            tensor.Dispose();
        }
    }
}
