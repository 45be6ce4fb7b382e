namespace NJepa.Training;

/// <summary>Where a saved run stands.</summary>
/// <param name="Folder">The checkpoint's folder; its <c>model.safetensors</c> is one that <c>JepaModel.LoadWeights</c> loads.</param>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps of the whole run, by the options that it was saved with.</param>
/// <param name="SavedAt">When it was written, in UTC.</param>
public sealed record CheckpointInfo(string Folder, long Step, long TotalSteps, DateTime SavedAt)
{
    /// <summary>Whether the run has done all of its steps.</summary>
    public bool IsFinished => Step >= TotalSteps;

    /// <summary>All checkpoints of an output folder whose state can be read, newest first. Whether every bit of their weights is as it was is found out by resuming.</summary>
    /// <param name="outputDirectory">A run's <see cref="PretrainingOptions.OutputDirectory"/>.</param>
    /// <returns>Empty where there is none, or no such folder.</returns>
    public static IReadOnlyList<CheckpointInfo> List(string outputDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputDirectory);
        var found = new List<CheckpointInfo>();
        foreach ((_, string folder) in new CheckpointStore(outputDirectory).List())
        {
            try
            {
                TrainerState state = TrainerState.Read(folder);
                found.Add(new CheckpointInfo(folder, state.Step, state.TotalSteps, state.SavedAt));
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                // Damaged, or gone meanwhile.
            }
        }

        return found;
    }
}
