namespace NJepa.Training;

/// <summary>What a run writes beside its weights: the loss log and the list of bad images.</summary>
internal sealed class RunLogs(RunFolder folder, TrainerParts parts)
{
    private readonly BadImageFile _badImages = new(folder.Path, parts.Loader, parts.Logger);

    /// <summary>Opens both where the run stands.</summary>
    /// <exception cref="TrainingException">They cannot be written.</exception>
    public void Begin(long firstStep)
    {
        try
        {
            // What the images are is noted before anything happens to them.
            _ = parts.Data;
            folder.OpenLosses(firstStep);
            _badImages.Begin(goesOn: firstStep > 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ResultFolder.CannotBeWritten(folder.Path, exception);
        }
    }

    /// <summary>Writes a report, and new bad images.</summary>
    /// <param name="report">Null for one that the loss log does not hold: of a part of an interval.</param>
    /// <exception cref="TrainingException">They cannot be written, and the policy is to stop.</exception>
    public void Write(TrainingProgress? report)
    {
        try
        {
            if (report is not null)
            {
                folder.Losses.Append(report);
            }

            _badImages.Update();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string message = $"The loss log and the list of bad images in '{folder.Path}' cannot be written: {exception.Message.TrimEnd('.')}.";
            if (parts.Options.Checkpoints.OnFailure == SaveFailurePolicy.Stop)
            {
                throw new TrainingException($"{message} Free space there, choose another OutputDirectory, or set CheckpointOptions.OnFailure to Continue.", exception);
            }

            parts.Logger.CheckpointFailed(message);
        }
    }

    /// <summary>Lists bad images where a run fails, perhaps because of them; what cannot be written is said in the log only.</summary>
    public void BeforeFailing()
    {
        try
        {
            _badImages.Update();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            parts.Logger.BadImagesNotListed(folder.Path, exception.Message);
        }
    }
}
