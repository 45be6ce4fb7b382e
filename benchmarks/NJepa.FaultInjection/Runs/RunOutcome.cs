using System.Security.Cryptography;
using NJepa.Training;

namespace NJepa.FaultInjection.Runs;

/// <summary>What a run leaves and what must be the same, byte for byte, however it was interrupted.</summary>
internal static class RunOutcome
{
    private static readonly string[] Results = [LossLog.FileName, "model.safetensors", "student.safetensors", "teacher.safetensors"];
    private static readonly string[] Saved = [CheckpointFiles.Model, CheckpointFiles.Optimizer];

    /// <summary>SHA-256 of the final weights, the optimizer's state and the loss log.</summary>
    public static IReadOnlyDictionary<string, string> Of(string output)
    {
        (long step, string newest) = new CheckpointStore(output).List() is [var found, ..] ? found : (0, Path.Combine(output, "no checkpoint"));
        var hashes = new Dictionary<string, string> { ["last step"] = FormattableString.Invariant($"{step}") };
        foreach ((string name, string path) in Results.Select(name => (name, Path.Combine(output, name))).Concat(Saved.Select(name => ($"checkpoint's {name}", Path.Combine(newest, name)))))
        {
            hashes[name] = File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : "missing";
        }

        return hashes;
    }

    /// <summary>What differs; empty when nothing does.</summary>
    public static IReadOnlyList<string> Differences(string output, IReadOnlyDictionary<string, string> whole)
    {
        IReadOnlyDictionary<string, string> found = Of(output);
        return [.. whole.Keys.Where(name => found[name] != whole[name]).Select(name => $"{name} differs")];
    }

    /// <summary>The newest checkpoint's step; 0 where there is none.</summary>
    public static long Step(string output) => new CheckpointStore(output).List() is [(long step, _), ..] ? step : 0;

    /// <summary>Finished checkpoints that cannot be read.</summary>
    public static IReadOnlyList<string> Unreadable(string output) =>
    [
        .. new CheckpointStore(output).List()
            .Select(found => (Name: Path.GetFileName(found.Folder), Problem: CheckpointStore.Problem(found.Folder)))
            .Where(found => found.Problem is not null)
            .Select(found => $"{found.Name}: {found.Problem}"),
    ];

    /// <summary>Files and folders in an output folder that no finished run has.</summary>
    public static IReadOnlyList<string> Leftovers(string output) =>
    [
        .. Directory.EnumerateFileSystemEntries(output).Select(path => Path.GetFileName(path)!).Where(name => !Results.Contains(name) && name is not (CheckpointFiles.Folder or ".njepa-lock")),
        .. Directory.EnumerateFileSystemEntries(Directory.CreateDirectory(Path.Combine(output, CheckpointFiles.Folder)).FullName).Select(path => Path.GetFileName(path)!).Where(name => CheckpointFiles.Step(name) is null),
    ];
}
