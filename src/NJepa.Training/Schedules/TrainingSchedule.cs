using Microsoft.Extensions.Options;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>
/// Learning rate, weight decay and EMA momentum of every step (I-JEPA, appendix A.1), as pure functions of the step: linear warm-up then cosine, a cosine for the weight decay, a linear momentum. All
/// are laid out over <c>ScheduleStretch</c> times the real number of steps and cut off at the real end. They advance before the forward pass: the first step already has one increment of warm-up.
/// </summary>
/// <remarks>Immutable and safe to use from several threads. Computed in double precision.</remarks>
public sealed class TrainingSchedule
{
    private readonly PretrainingOptions _options;
    private readonly long _warmupSteps;
    private readonly long _length;
    private readonly double _exactLength;

    /// <summary>The schedule of a run.</summary>
    /// <param name="options">Epochs, rates, decay, momentum and stretch; changing them later has no effect.</param>
    /// <param name="stepsPerEpoch">Number of optimizer steps per epoch, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stepsPerEpoch"/> is below 1.</exception>
    /// <exception cref="OptionsValidationException">Settings are out of range; lists every error.</exception>
    public TrainingSchedule(PretrainingOptions options, long stepsPerEpoch)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        _options = options with { };
        IReadOnlyList<string> errors = _options.Validate();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(PretrainingOptions), typeof(PretrainingOptions), errors);
        }

        TotalSteps = checked(_options.Epochs * stepsPerEpoch);
        _warmupSteps = (long)(_options.EffectiveWarmupEpochs * stepsPerEpoch);
        _exactLength = _options.ScheduleStretch * _options.Epochs * stepsPerEpoch;
        _length = (long)_exactLength;
    }

    /// <summary>Number of steps of the run.</summary>
    public long TotalSteps { get; }

    /// <summary>The settings of a step.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is not part of the run; the formulas have no meaning there.</exception>
    public StepSettings At(long step)
    {
        if (step < 0 || step >= TotalSteps)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, Invariant($"The run has {TotalSteps} steps, 0 to {TotalSteps - 1}; raise Epochs to train longer."));
        }

        double momentum = _options.Momentum + (step * (_options.FinalMomentum - _options.Momentum) / _exactLength);
        return new StepSettings(LearningRate(step + 1), HalfCosine(_options.WeightDecay, _options.FinalWeightDecay, (step + 1) / (double)_length), momentum);
    }

    private double LearningRate(long t)
    {
        if (t < _warmupSteps)
        {
            return _options.StartLearningRate + (t / (double)_warmupSteps * (_options.LearningRate - _options.StartLearningRate));
        }

        return _options.LearningRateShape == LearningRateShape.Constant
            ? _options.LearningRate
            : HalfCosine(_options.LearningRate, _options.FinalLearningRate, (t - _warmupSteps) / (double)Math.Max(1, _length - _warmupSteps));
    }

    private static double HalfCosine(double start, double end, double progress) => end + ((start - end) * 0.5 * (1.0 + Math.Cos(Math.PI * progress)));
}
