using Microsoft.Extensions.Logging;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>A run's output folder, locked for as long as the run lasts: results, loss log, checkpoints.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly RunLock _lock;
    private StepLogWriter? _losses;
    private StepLogWriter? _readings;
    private string? _oldReadings;

    private RunFolder(string path, RunLock held)
    {
        Path = path;
        _lock = held;
        Checkpoints = new CheckpointStore(path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    public CheckpointStore Checkpoints { get; }

    public StepLogWriter Losses => _losses ?? throw new InvalidOperationException("The loss log is not open yet.");

    /// <summary>The log of the probe's readings; null in a run without a probe.</summary>
    public StepLogWriter? Readings => _readings;

    /// <summary>Makes the folder, locks it and writes to it once: that it cannot be written to must not be found out when hours of training are to be saved.</summary>
    /// <exception cref="TrainingException">It cannot be written to, or another run is using it.</exception>
    public static RunFolder Open(string directory)
    {
        try
        {
            ResultFolder.Prepare(directory);
            RunLock held = RunLock.Take(directory);
            try
            {
                var folder = new RunFolder(directory, held);
                ResultFolder.Prepare(folder.Checkpoints.Root);
                folder.Checkpoints.RemoveLeftovers();
                ResultFolder.RemoveLeftovers(directory);
                return folder;
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ResultFolder.CannotBeWritten(directory, exception);
        }
    }

    /// <summary>Makes room for a run that begins, or sees that the one that goes on is still the one in the folder.</summary>
    /// <param name="step">Steps that the run has done already in this process.</param>
    /// <exception cref="TrainingException">The folder holds another run that is not finished: beginning here would cost its checkpoints. Or it cannot be read or written to.</exception>
    public void RequireOwn(long step)
    {
        try
        {
            MakeRoom(step);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ResultFolder.CannotBeWritten(Path, exception);
        }
    }

    private void MakeRoom(long step)
    {
        if (Checkpoints.List() is not [(long newest, string folder), ..])
        {
            return;
        }

        if (step > 0 && newest <= step)
        {
            return;
        }

        long? total = null;
        string? problem = null;
        try
        {
            TrainerState state = TrainerState.Read(folder);
            total = state.TotalSteps;
            if (step == 0 && state.Step >= state.TotalSteps)
            {
                // One turned bit must not make a run look finished and cost its checkpoints.
                problem = CheckpointStore.Problem(folder);
                if (problem is null)
                {
                    Checkpoints.ReplacesEarlier = true;
                    return;
                }
            }
        }
        catch (InvalidDataException exception)
        {
            problem = exception.Message;
        }

        string progress = (problem, total) switch
        {
            ({ } damage, _) => Invariant($"holds a run whose newest checkpoint, of step {newest}, is damaged: {damage}"),
            (_, { } steps) when newest >= steps => Invariant($"holds a run that is further than this one (step {newest} of {steps}, and this one is at step {step})"),
            (_, { } steps) => Invariant($"holds a run that is not finished (step {newest} of {steps})"),
            _ => Invariant($"holds a run that is not finished (step {newest})"),
        };
        throw new TrainingException(
            $"OutputDirectory '{Path}' {progress}. Go on with it (ResumeAsync, or --resume), choose another folder, or delete '{Checkpoints.Root}' to give it up. No step was taken.");
    }

    /// <summary>Opens the loss log, and the readings of a probe, at a step; what lies after it is taken away.</summary>
    /// <returns>The last reading before.</returns>
    /// <exception cref="IOException">They cannot be written.</exception>
    public OnlineProbeReading? OpenLogs(long step, bool hasProbe)
    {
        CloseLogs();
        _losses = StepLogWriter.Open(System.IO.Path.Combine(Path, LossLog.FileName), LossLog.Header, line => LossLog.Parse(line)?.Step, step, _lock.RequireThere);
        string readings = System.IO.Path.Combine(Path, ProbeLog.FileName);
        if (!hasProbe && step == 0)
        {
            // Those of an earlier run would pass for this one's; until that has saved something they stay.
            _oldReadings = readings;
            return null;
        }

        if (!hasProbe && !File.Exists(readings))
        {
            return null;
        }

        _readings = StepLogWriter.Open(readings, ProbeLog.Header, line => ProbeLog.Parse(line)?.Step, step, _lock.RequireThere);
        return step > 0 && ProbeLog.Read(readings) is [.., OnlineProbeReading last] ? last : null;
    }

    /// <summary>Before a checkpoint: the folder is still the one that was locked, and the loss log is on the disk.</summary>
    /// <exception cref="IOException">The folder has gone, or the log cannot be written.</exception>
    public void BeforeCheckpoint()
    {
        _lock.RequireThere();
        if (_oldReadings is not null)
        {
            File.Delete(_oldReadings);
            _oldReadings = null;
        }

        Losses.Flush();
        _readings?.Flush();
    }

    public void Dispose()
    {
        CloseLogs();
        _lock.Dispose();
    }

    private void CloseLogs()
    {
        _losses?.Dispose();
        _readings?.Dispose();
        (_losses, _readings) = (null, null);
    }
}
