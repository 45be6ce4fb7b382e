using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NJepa.Models;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>Finds the checkpoint to go on from, sees whether it is one of this run, and only then takes it over.</summary>
internal static class ResumePoint
{
    /// <summary>Brings a trainer to where a checkpoint stands.</summary>
    /// <returns>The checkpoint's folder; null where there is none and the run starts from the beginning.</returns>
    /// <exception cref="CheckpointException">There is none, none that is whole, or it is of another run; nothing was changed.</exception>
    public static string? Restore(TrainerParts parts, RunFolder? output, ResumeOptions options)
    {
        try
        {
            return Find(parts, output, options);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException or ExternalException)
        {
            // It was whole a moment ago: a disk that went away, or no memory.
            string place = options.Checkpoint ?? output?.Checkpoints.Root ?? "";
            throw new CheckpointException(
                $"The checkpoints in '{place}' cannot be read or taken over: {exception.Message.Split('\n')[0]} See that the folder can be read and that there is memory, then resume with a new model. No step was taken, and no checkpoint was changed.", exception);
        }
    }

    private static string? Find(TrainerParts parts, RunFolder? output, ResumeOptions options)
    {
        var damaged = new List<(string Folder, string Problem)>();
        string? folder = options.Checkpoint is { } chosen ? Check(chosen) : Newest(output, damaged);
        if (folder is null)
        {
            // Only what was set aside is left: a run that was going to leave it behind was killed before it had saved anything of its own.
            return damaged.Count == 0 && options.StartIfNone && output!.Checkpoints.SetAsideNames().Count == 0 ? null : throw Nothing(output!, damaged);
        }

        TrainerState state = TrainerState.Read(folder);
        RequireSame(parts, state, folder, options);
        foreach ((string name, string problem) in damaged)
        {
            parts.Logger.DamagedCheckpoint(name, problem, folder);
        }

        try
        {
            parts.Restore(folder, state);
        }
        catch (WeightsException exception)
        {
            throw new CheckpointException($"The checkpoint '{folder}' cannot be taken over: {exception.Message}", exception);
        }

        if (output is not null)
        {
            SetAside(output.Checkpoints, damaged, state.Step, folder);
        }

        parts.Logger.Resumed(state.Step, parts.TotalSteps, folder);
        return folder;
    }

    private static string Check(string folder) => CheckpointStore.Problem(folder) is { } problem
        ? throw new CheckpointException($"The checkpoint '{folder}' cannot be used: {problem}. Choose another, or none for the newest that is whole.")
        : folder;

    private static string? Newest(RunFolder? output, List<(string Folder, string Problem)> damaged)
    {
        if (output is null)
        {
            throw new CheckpointException("There is nothing to resume from: PretrainingOptions.OutputDirectory is null, and so is ResumeOptions.Checkpoint. Set one of them.");
        }

        foreach ((_, string folder) in output.Checkpoints.List())
        {
            if (CheckpointStore.Problem(folder) is not { } problem)
            {
                return folder;
            }

            damaged.Add((folder, problem));
        }

        return null;
    }

    private static CheckpointException Nothing(RunFolder output, List<(string Folder, string Problem)> damaged) => damaged.Count == 0 && output.Checkpoints.SetAsideNames() is { Count: > 0 } aside
        ? new CheckpointException($"In '{output.Checkpoints.Root}' there are only checkpoints that were set aside: {string.Join(", ", aside)}. Go on from one of them, or from the one you chose before, with ResumeOptions.Checkpoint; to give them up and start again, delete them. Nothing was changed.")
        : damaged.Count == 0
        ? new CheckpointException($"There is no checkpoint in '{output.Checkpoints.Root}'. Check OutputDirectory; to start a run there, call RunAsync, or set ResumeOptions.StartIfNone.")
        : new CheckpointException(
            $"No checkpoint in '{output.Checkpoints.Root}' is whole. Nothing was changed. To give them up and start again, delete that folder; weights that can still be read are loaded by JepaModel.LoadWeights.\n- "
            + string.Join("\n- ", damaged.Select(item => $"{Path.GetFileName(item.Folder)}: {item.Problem}")));

    private static void RequireSame(TrainerParts parts, TrainerState saved, string folder, ResumeOptions options)
    {
        TrainerState now = parts.State();
        ILookup<bool, string> model = RunDescription.Differences("model: ", saved.Model, now.Model, RunDescription.IsFixedModelSetting);
        ILookup<bool, string> settings = RunDescription.Differences("PretrainingOptions.", saved.Options, now.Options, RunDescription.IsFixedOption);
        List<string> differences = [.. model[true], .. settings[true]];
        string? data = now.Data.DifferenceTo(saved.Data);
        if (data is not null && !options.AllowChangedData)
        {
            differences.Add($"images: {data}; set ResumeOptions.AllowChangedData if that is meant");
        }

        if (saved.Step > parts.TotalSteps)
        {
            differences.Add(Invariant($"steps: the checkpoint is at step {saved.Step}, and with Epochs = {parts.Options.Epochs} the run has {parts.TotalSteps}; raise Epochs"));
        }

        if (saved.LossSums.Length != now.LossSums.Length)
        {
            differences.Add(Invariant($"losses: it holds {saved.LossSums.Length} sums, and there are {now.LossSums.Length}; it is of another version"));
        }

        if (differences.Count > 0)
        {
            throw new CheckpointException($"The checkpoint '{folder}' is of another run. Nothing was changed. Set these as they were, or start a run of its own in another folder.\n- {string.Join("\n- ", differences)}");
        }

        foreach (string difference in settings[false].Concat(model[false]))
        {
            parts.Logger.ResumedWithChange(difference);
        }

        if (data is not null)
        {
            string change = $"images: {data}";
            parts.Logger.ResumedWithChange(change);
        }

        string list = string.Join("; ", RunDescription.Differences("", saved.Versions, now.Versions, _ => false)[false]);
        if (list.Length > 0)
        {
            parts.Logger.ResumedElsewhere(list);
        }
    }

    /// <summary>Whether a folder is the store's checkpoint of that step, by what is in it: one folder has many paths (links, letters of either case).</summary>
    private static bool IsOneOf(CheckpointStore store, long step, string folder)
    {
        string own = Path.Combine(store.Root, CheckpointFiles.Name(step), CheckpointManifest.FileName), chosen = Path.Combine(folder, CheckpointManifest.FileName);
        return File.Exists(own) && File.ReadAllBytes(own).AsSpan().SequenceEqual(File.ReadAllBytes(chosen));
    }

    /// <summary>What is no part of the run any more must not be found by the next search.</summary>
    private static void SetAside(CheckpointStore store, List<(string Folder, string Problem)> damaged, long step, string folder)
    {
        try
        {
            foreach ((string name, _) in damaged)
            {
                CheckpointStore.SetAside(name, CheckpointFiles.DamagedSuffix);
            }

            // From another folder a branch begins: whatever is here is of another one, earlier steps too.
            bool elsewhere = !IsOneOf(store, step, folder);
            foreach ((_, string other) in store.List().Where(found => elsewhere || found.Step > step))
            {
                CheckpointStore.SetAside(other, CheckpointFiles.AbandonedSuffix);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"Later checkpoints in '{store.Root}' cannot be renamed: {exception.Message} Make the folder writable. No step was taken.", exception);
        }
    }
}
