using System.Diagnostics;
using Microsoft.Extensions.Logging;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>Says when a checkpoint is due, and has it written beside the training: from a copy, one at a time.</summary>
internal sealed class CheckpointSaver(CheckpointStore store, CheckpointOptions options, Func<CheckpointContent> capture, ILogger logger) : IDisposable
{
    private long _since = Stopwatch.GetTimestamp();
    private Task<string>? _writing;
    private long _writingStep = -1;

    /// <summary>The newest checkpoint that this run has written.</summary>
    public string? Newest { get; private set; }

    /// <summary>Between two steps: saves if it is time, and learns whether the last checkpoint was written.</summary>
    /// <exception cref="TrainingException">A checkpoint could not be written, and the policy is to stop.</exception>
    public void AfterStep(long step)
    {
        if (_writing is { IsCompleted: true })
        {
            Observe(mustSucceed: false);
        }

        bool due = (options.EverySteps is { } steps && step % steps == 0) || (options.EveryMinutes is { } minutes && Stopwatch.GetElapsedTime(_since).TotalMinutes >= minutes);
        if (due)
        {
            Begin(step, mustSucceed: false);
            if (!options.InBackground)
            {
                Observe(mustSucceed: false);
            }
        }
    }

    /// <summary>Saves where a run ends, and waits until it is done.</summary>
    /// <exception cref="TrainingException">The checkpoint could not be written.</exception>
    public void Finish(long step)
    {
        // A disk that has failed meanwhile may work again: what counts is the checkpoint of the end.
        Observe(mustSucceed: false, triesAgain: step > 0);

        // The beginning of a run needs no saving.
        if (step > 0 && _writingStep != step)
        {
            Begin(step, mustSucceed: true);
            Observe(mustSucceed: true);
        }
    }

    /// <summary>Waits for what is being written; failures have been, or will be, told otherwise.</summary>
    public void Dispose()
    {
        if (_writing is { } writing)
        {
            Task.WaitAny(writing);
        }
    }

    private void Begin(long step, bool mustSucceed)
    {
        // One copy in memory at a time.
        Observe(mustSucceed: false);
        _since = Stopwatch.GetTimestamp();
        try
        {
            CheckpointContent content = capture();
            _writing = Task.Run(() =>
            {
                using (content)
                {
                    string folder = store.Write(content);
                    Prune(step);
                    return folder;
                }
            });
            _writingStep = step;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InsufficientMemoryException)
        {
            Fail(step, e, mustSucceed);
        }
    }

    private void Observe(bool mustSucceed, bool triesAgain = false)
    {
        if (_writing is not { } writing)
        {
            return;
        }

        _writing = null;
        try
        {
            Newest = writing.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            long step = _writingStep;
            _writingStep = -1;
            Fail(step, e, mustSucceed, triesAgain);
            return;
        }

        logger.Checkpointed(Newest);
    }

    private void Prune(long written)
    {
        try
        {
            store.Prune(written, options.KeepLast, options.KeepEvery);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody has a file of it open, perhaps. The new checkpoint is there; the next one tries again.
            logger.NotPruned(store.Root, e.Message);
        }
    }

    private void Fail(long step, Exception exception, bool mustSucceed, bool triesAgain = false)
    {
        (long Step, string Folder)[] earlier = [.. Earlier().Take(1)];
        string last = earlier.Length > 0
            ? Invariant($"The last one, of step {earlier[0].Step}, is as it was: go on from it with ResumeAsync.")
            : "There is none before it.";
        string message = Invariant($"The checkpoint of step {step} cannot be written to '{store.Root}': {exception.Message.TrimEnd('.')}{Free()}. {last}");
        if (mustSucceed || (options.OnFailure == SaveFailurePolicy.Stop && !triesAgain))
        {
            throw new TrainingException($"{message} Free space there, choose another OutputDirectory, or set CheckpointOptions.OnFailure to Continue. The trained model is still in memory (JepaModel.SaveWeights).", exception);
        }

        logger.CheckpointFailed(message);
    }

    private IEnumerable<(long Step, string Folder)> Earlier()
    {
        try
        {
            return store.List();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private string Free()
    {
        try
        {
            return Invariant($" ({new DriveInfo(store.Root).AvailableFreeSpace / 1e6:0} MB are free there)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "";
        }
    }
}
