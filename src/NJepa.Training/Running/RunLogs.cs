namespace NJepa.Training;

/// <summary>What a run writes beside its weights: the loss log, the readings of its probe and the list of bad images.</summary>
internal sealed class RunLogs(RunFolder folder, TrainerParts parts)
{
    private readonly BadImageFile _badImages = new(folder.Path, parts.Loader, parts.Logger);

    /// <summary>Opens all where the run stands.</summary>
    /// <returns>The last reading of a probe before.</returns>
    /// <exception cref="TrainingException">They cannot be written, or the images cannot be looked at.</exception>
    public OnlineProbeReading? Begin(long firstStep, bool hasProbe)
    {
        try
        {
            // What the images are is noted before anything happens to them.
            _ = parts.Data;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"The images cannot be looked at: {exception.Message.TrimEnd('.')}. See that their folder or archive is there and can be read. No step was taken.", exception);
        }

        try
        {
            OnlineProbeReading? last = folder.OpenLogs(firstStep, hasProbe);
            _badImages.Begin(goesOn: firstStep > 0);
            return last;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ResultFolder.CannotBeWritten(folder.Path, exception);
        }
    }

    /// <summary>Writes a report, and new bad images.</summary>
    /// <param name="report">Null for one that the loss log does not hold: of a part of an interval.</param>
    /// <exception cref="TrainingException">They cannot be written, and the policy is to stop.</exception>
    public void Write(TrainingProgress? report) => Try(() =>
    {
        if (report is not null)
        {
            folder.Losses.Append(LossLog.Line(report));
        }

        _badImages.Update();
    });

    /// <summary>Writes a reading of the probe.</summary>
    /// <exception cref="TrainingException">It cannot be written, and the policy is to stop.</exception>
    public void Write(OnlineProbeReading reading) => Try(() => folder.Readings?.Append(ProbeLog.Line(reading), waits: reading.Step == 0));

    /// <summary>Lists bad images where a run fails, perhaps because of them; what cannot be written is said in the log only.</summary>
    public void BeforeFailing()
    {
        try
        {
            _badImages.UpdateIfAny();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            parts.Logger.BadImagesNotListed(folder.Path, exception.Message);
        }
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string message = $"The logs of losses, readings and bad images in '{folder.Path}' cannot be written: {exception.Message.TrimEnd('.')}.";
            if (parts.Options.Checkpoints.OnFailure == SaveFailurePolicy.Stop)
            {
                throw new TrainingException($"{message} Free space there, choose another OutputDirectory, or set CheckpointOptions.OnFailure to Continue.", exception);
            }

            parts.Logger.CheckpointFailed(message);
        }
    }
}
