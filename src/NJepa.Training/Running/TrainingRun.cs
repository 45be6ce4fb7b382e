using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>One run of a trainer, from where it stands to the last step or until it is cancelled.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainerParts _parts;
    private readonly PretrainingOptions _options;
    private readonly RunFolder? _folder;
    private readonly ProbeRun? _probe;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly Func<bool> _isDisposed;
    private readonly CheckpointSaver? _saver;
    private readonly RunLogs? _logs;
    private readonly ProgressMeter _meter;
    private readonly LoaderWatch _loading;
    private readonly CollapseWatch _collapse;
    private readonly List<TrainingProgress> _history = [];
    private readonly long _firstStep;
    private readonly long _skippedBefore;

    /// <summary>A run.</summary>
    /// <param name="parts">What is trained.</param>
    /// <param name="folder">Where it is saved, or null.</param>
    /// <param name="probe">What judges the encoder, or null.</param>
    /// <param name="progress">Told of every report.</param>
    /// <param name="isDisposed">Whether the trainer has been disposed meanwhile.</param>
    public TrainingRun(TrainerParts parts, RunFolder? folder, ProbeRun? probe, IProgress<TrainingProgress>? progress, Func<bool> isDisposed)
    {
        (_parts, _options, _folder, _probe, _progress, _isDisposed, _firstStep) = (parts, parts.Options, folder, probe, progress, isDisposed, parts.Step);
        _saver = folder is null ? null : new CheckpointSaver(folder.Checkpoints, _options.Checkpoints, Capture, parts.Logger);
        _logs = folder is null ? null : new RunLogs(folder, parts);
        _meter = new ProgressMeter(parts, _firstStep);
        _loading = new LoaderWatch(parts.Logger, _options.LoaderThreads);
        _collapse = new CollapseWatch(parts.Model, parts.Loader.Source, _options, parts.Loader.BatchesPerEpoch, _firstStep, parts.Logger);
        _skippedBefore = parts.NonFinite.Skipped;
    }

    /// <summary>Runs.</summary>
    public TrainingResult Execute(CancellationToken cancellationToken)
    {
        if (_parts.StepRunner.IsUpdating)
        {
            throw new TrainingException("The last run of this trainer failed in the middle of an update: its weights are not those of any step. Go on from a checkpoint (ResumeAsync), or begin with a new model.");
        }

        if (_options.OnNonFinite == NonFinitePolicy.SkipStep && _skippedBefore > _options.MaxSkippedSteps)
        {
            throw new TrainingException(FormattableString.Invariant($"This run has skipped {_skippedBefore} steps whose numbers were not finite, more than MaxSkippedSteps = {_options.MaxSkippedSteps}; none of them changed the weights. Going on would skip more: lower the learning rate, look at the images that the log names, go on from an earlier checkpoint, or raise MaxSkippedSteps. No step was taken."));
        }

        ILogger logger = _parts.Logger;
        logger.Started(_firstStep, _parts.TotalSteps, _options.BatchSize, _parts.Model.Device, _parts.Loader.Source.Count, _options.Seed, _parts.Model);
        if (_parts.Model.Configuration.Precision == Precision.BFloat16 && !NJepaRuntime.HasFastBFloat16(_parts.Model.Device))
        {
            logger.SlowBFloat16(_parts.Model.Device);
        }

        try
        {
            OnlineProbeReading? lastReading = _logs?.Begin(_firstStep, hasProbe: _probe is not null);
            _probe?.Begin(lastReading);
            Probe(cancellationToken);
            Train(cancellationToken);
        }
        catch (Exception exception) when (!_isDisposed())
        {
            // Whatever it is: a progress callback, too, may meet something of its own that was disposed.
            SaveBeforeFailing(exception);
            throw;
        }

        // A run that was cancelled before its first step has nothing to save, and an earlier one's result may be there.
        IReadOnlyList<string> files = _parts.Step == 0 ? [] : SaveResults();
        logger.Ended(_parts.Step, _parts.TotalSteps, _meter.Elapsed);
        long steps = _parts.Step - _firstStep;
        return new TrainingResult(steps, steps * _options.BatchSize, _meter.Elapsed, _parts.Step == _parts.TotalSteps, _history, _parts.Loader.BadImages, files)
        {
            FirstStep = _firstStep,
            SkippedSteps = _parts.NonFinite.Skipped - _skippedBefore,
            Checkpoint = _saver?.Newest,
            ProbeReadings = _probe?.Readings ?? [],
            ProbeTime = _probe?.Time ?? TimeSpan.Zero,
        };
    }

    public void Dispose() => _saver?.Dispose();

    private void Train(CancellationToken cancellationToken)
    {
        TimeSpan before = _meter.Elapsed;
        long lastStep = PrepareImages(cancellationToken) ? _parts.TotalSteps : _firstStep;
        _meter.Exclude(_meter.Elapsed - before);

        try
        {
            TrainSteps(lastStep, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // While waiting for images, perhaps from a disk that answers no more: all steps up to here are whole.
        }

        if (_meter.HasUnreported)
        {
            // A part of the interval that the resumed run will report as a whole.
            Report(isWhole: false);
        }
    }

    private void TrainSteps(long lastStep, CancellationToken cancellationToken)
    {
        foreach (ImageBatch batch in _parts.Loader.Steps(_firstStep, lastStep - _firstStep, cancellationToken))
        {
            using (batch)
            {
                ObjectDisposedException.ThrowIf(_isDisposed(), typeof(JepaTrainer));
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }

                TrainStep(batch);
            }

            RequireFinite(inAnyCase: false);
            Probe(cancellationToken);
            bool last = _parts.Step == _parts.TotalSteps;
            if (last || _parts.Step % _options.LogEvery == 0)
            {
                Report(isWhole: true);
            }

            if (!last)
            {
                _saver?.AfterStep(_parts.Step);
            }
        }
    }

    /// <summary>Packs the images if <see cref="PretrainingOptions.ImageCache"/> asks for it. Cancelling that is no error either: no step is taken.</summary>
    private bool PrepareImages(CancellationToken cancellationToken)
    {
        try
        {
            _parts.Loader.Prepare(progress: null, cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void TrainStep(ImageBatch batch)
    {
        try
        {
            Step(batch);
        }
        catch (Exception exception)
        {
            // What a broken step has added to the gradients must not reach the next one.
            try
            {
                _parts.Model.Parameters.ZeroGradients();
            }
            catch (ExternalException)
            {
                // A GPU that has failed answers nothing more; the first error is the one to tell.
            }

            if (exception is ExternalException native)
            {
                throw StepFailure.Explain(native, _parts.Step + 1, _parts.TotalSteps, _options, _parts.Model);
            }

            throw;
        }
    }

    // Everything native that a step makes ends with its scope.
    private void Step(ImageBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] samples = Array.ConvertAll(batch.Indices, index => (long)index);
        _meter.Add(_parts.StepRunner.Run(_parts.StepRunner.Upload(batch), samples, _parts.Step, _parts.Schedule.At(_parts.Step)), _parts.NonFinite.Guard.Blocked);
        _parts.NonFinite.Add(_parts.Step, samples);
        _parts.Step++;
    }

    private void Report(bool isWhole)
    {
        RequireFinite(inAnyCase: true);
        TrainingProgress report = Explained(() => _meter.Report(_parts.Step, isWhole)) with
        {
            Collapse = _collapse.Check(_parts.Step),
            Probe = _probe?.Latest,
        };
        NJepaRuntime.ReleaseFreeMemory();
        _history.Add(report);
        LossValues losses = report.Losses;
        // First what must not have a gap: a logger of the user's may throw.
        _logs?.Write(isWhole ? report : null);
        _parts.Logger.Progress(report.Step, report.TotalSteps, report.Epoch, losses.Total, losses.CleanTeacher, losses.NoisyTeacher, losses.NoisyClean, report.ImagesPerSecond, report.LoaderWaitShare);
        _loading.Check(report);
        _progress?.Report(report);
        ObjectDisposedException.ThrowIf(_isDisposed(), typeof(JepaTrainer));
    }

    /// <summary>Judges the encoder if that is due; between two steps, so that nothing of a step is seen and nothing is changed.</summary>
    private void Probe(CancellationToken cancellationToken)
    {
        if (_probe is null || !_probe.IsDue(_parts.Step))
        {
            return;
        }

        RequireFinite(inAnyCase: true);
        TimeSpan before = _probe.Time;
        OnlineProbeReading? reading = _probe.Measure(_parts.Step, mustSucceed: _parts.Step == 0, cancellationToken);
        _meter.Exclude(_probe.Time - before);
        NJepaRuntime.ReleaseFreeMemory();
        if (reading is not null)
        {
            _logs?.Write(reading);
        }
    }

    private CheckpointContent Capture()
    {
        // Where a GPU has not been asked yet, steps may have changed nothing: the checkpoint would be that of an earlier one.
        RequireFinite(inAnyCase: true);
        _folder!.BeforeCheckpoint();
        return Explained(_parts.Capture);
    }

    /// <summary>An error that leaves the weights whole costs no step. What cannot be saved is said in the log only: the first error is the one to tell.</summary>
    private void SaveBeforeFailing(Exception exception)
    {
        if (_saver is null)
        {
            return;
        }

        _logs!.BeforeFailing();
        try
        {
            if (_parts.StepRunner.IsUpdating)
            {
                return;
            }

            if (_parts.NonFinite.Check(inAnyCase: true) is { CompletedSteps: { } completed })
            {
                _parts.Step = completed;
            }

            if (_parts.Step > _firstStep)
            {
                _saver.Finish(_parts.Step);
            }
        }
        catch (Exception second) when (second is TrainingException or ExternalException or IOException or UnauthorizedAccessException)
        {
            _parts.Logger.NotSavedBeforeFailing(second.Message, exception.Message);
        }
    }

    private IReadOnlyList<string> SaveResults()
    {
        if (_folder is null)
        {
            return [];
        }

        // Both are tried: what one disk does not take, another may.
        TrainingException? failed = null;
        try
        {
            _saver!.Finish(_parts.Step);
        }
        catch (TrainingException exception)
        {
            failed = exception;
        }

        IReadOnlyList<string> files = ResultFolder.Save(_folder.Path, _parts.Model, _parts.Logger);
        return failed is null ? files : throw failed;
    }

    /// <summary>A GPU computes behind the host: what fails there is often told where its results are asked for, and not in the step.</summary>
    private T Explained<T>(Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (ExternalException native)
        {
            throw StepFailure.Explain(native, _parts.Step, _parts.TotalSteps, _options, _parts.Model);
        }
    }

    /// <summary>Ends the run at a step that was not finite; in any case before a report or a checkpoint, otherwise where the answer costs nothing.</summary>
    private void RequireFinite(bool inAnyCase)
    {
        if (Explained(() => _parts.NonFinite.Check(inAnyCase)) is { } bad)
        {
            _parts.Step = bad.CompletedSteps ?? _parts.Step;
            throw bad.ToException();
        }
    }
}
