using System.Diagnostics;
using NJepa.Data;
using NJepa.Models;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>Measures a run: loss terms (on the device), speed, and how long training waited for images.</summary>
internal sealed class ProgressMeter(JepaModel model, PretrainingOptions options, TrainingSchedule schedule, ImageLoader loader, long firstStep) : IDisposable
{
    private readonly LossMeter _losses = new(model);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly long _stepsPerEpoch = loader.BatchesPerEpoch;
    private readonly long _firstStep = firstStep;
    private long _lastStep = firstStep;
    private long _lastStepEnd = Stopwatch.GetTimestamp();
    private TimeSpan _lastTime;
    private TimeSpan _lastWait = loader.WaitTime;

    public TimeSpan Elapsed => _watch.Elapsed;

    public bool HasUnreported => _losses.Steps > 0;

    /// <summary>Adds a step; where the scalar <paramref name="blocked"/> is 1, without its losses.</summary>
    public void Add(JepaLosses losses, Tensor blocked)
    {
        _losses.Add(losses, blocked);
        _lastStepEnd = TrainingInstruments.RecordStep(options.BatchSize, _lastStepEnd);
    }

    /// <summary>The report after <paramref name="step"/> steps; reading the losses waits for the device.</summary>
    public TrainingProgress Report(long step)
    {
        LossValues losses = _losses.Read();
        TimeSpan now = _watch.Elapsed, wait = loader.WaitTime, passed = now - _lastTime;
        double seconds = Math.Max(passed.TotalSeconds, 1e-9);
        var report = new TrainingProgress(
            step,
            schedule.TotalSteps,
            (int)(((step - 1) / _stepsPerEpoch) + 1),
            options.Epochs,
            losses,
            schedule.At(step - 1),
            (step - _lastStep) * options.BatchSize / seconds,
            Math.Clamp((wait - _lastWait) / (passed > TimeSpan.Zero ? passed : TimeSpan.FromTicks(1)), 0, 1),
            now,
            Remaining(now, step));
        (_lastStep, _lastTime, _lastWait) = (step, now, wait);
        TrainingInstruments.RecordReport(report);
        return report;
    }

    // Limited to what a TimeSpan holds: a run of more years than that is a slip of the options, but no reason to fail.
    private TimeSpan Remaining(TimeSpan now, long step) =>
        TimeSpan.FromDays(Math.Min(now.TotalDays / Math.Max(1, step - _firstStep) * (schedule.TotalSteps - step), 10_000_000));

    public void Dispose() => _losses.Dispose();
}
