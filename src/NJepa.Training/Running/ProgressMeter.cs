using System.Diagnostics;
using NJepa.Models;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>Measures a run: loss terms (on the device), speed, and how long training waited for images.</summary>
internal sealed class ProgressMeter(TrainerParts parts, long firstStep)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly long _stepsPerEpoch = parts.Loader.BatchesPerEpoch;
    private readonly long _firstStep = firstStep;
    private long _lastStep = firstStep;
    private long _lastStepEnd = Stopwatch.GetTimestamp();
    private TimeSpan _lastTime;
    private TimeSpan _excluded;
    private TimeSpan _lastWait = parts.Loader.WaitTime;
    private (long Step, TimeSpan Time)? _firstReport;

    public TimeSpan Elapsed => _watch.Elapsed;

    public bool HasUnreported => parts.Losses.Steps > 0 && parts.Step > _lastStep;

    /// <summary>Adds a step; where the scalar <paramref name="blocked"/> is 1, without its losses.</summary>
    public void Add(JepaLosses losses, Tensor blocked)
    {
        parts.Losses.Add(losses, blocked);
        _lastStepEnd = TrainingInstruments.RecordStep(parts.Options.BatchSize, _lastStepEnd);
    }

    /// <summary>Takes time that was spent on something else out of the speed of training.</summary>
    public void Exclude(TimeSpan time) => _excluded += time;

    /// <summary>The report after <paramref name="step"/> steps; reading the losses waits for the device.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="isWhole">Whether the next report begins anew; false where the run stops in the middle of an interval, which goes on when the run does.</param>
    public TrainingProgress Report(long step, bool isWhole)
    {
        LossValues losses = parts.Losses.Read(reset: isWhole);
        TimeSpan now = _watch.Elapsed, wait = parts.Loader.WaitTime, passed = now - _lastTime - _excluded;
        double seconds = Math.Max(passed.TotalSeconds, 1e-9);
        var report = new TrainingProgress(
            step,
            parts.Schedule.TotalSteps,
            (int)(((step - 1) / _stepsPerEpoch) + 1),
            parts.Options.Epochs,
            losses,
            parts.Schedule.At(step - 1),
            (step - _lastStep) * parts.Options.BatchSize / seconds,
            Math.Clamp((wait - _lastWait) / (passed > TimeSpan.Zero ? passed : TimeSpan.FromTicks(1)), 0, 1),
            now,
            Remaining(now, passed, step));
        _firstReport ??= (step, now);
        (_lastStep, _lastTime, _lastWait, _excluded) = (step, now, wait, TimeSpan.Zero);
        TrainingInstruments.RecordReport(report);
        return report;
    }

    // The first steps take longer than others (code is compiled, caches are cold), so they count only until there are more. Limited to what a TimeSpan holds: a run of more years than that is
    // a slip of the options, but no reason to fail.
    private TimeSpan Remaining(TimeSpan now, TimeSpan passed, long step)
    {
        (TimeSpan time, long steps) = _firstReport is { } first && step > first.Step ? (now - first.Time, step - first.Step) : (passed, step - _firstStep);
        return TimeSpan.FromDays(Math.Min(time.TotalDays / Math.Max(1, steps) * (parts.Schedule.TotalSteps - step), 10_000_000));
    }
}
