namespace NJepa.Training;

/// <summary>The names of a checkpoint's files and folders.</summary>
internal static class CheckpointFiles
{
    /// <summary>Student, predictors and teacher, as <c>JepaModel.SaveWeights</c> writes them.</summary>
    public const string Model = "model.safetensors";

    /// <summary>AdamW's moments.</summary>
    public const string Optimizer = "optimizer.safetensors";

    /// <summary>Everything else: step, options, data, sums of losses.</summary>
    public const string Trainer = "trainer.json";

    /// <summary>Files that a manifest can list.</summary>
    public static readonly IReadOnlyList<string> All = [Model, Optimizer, Trainer];

    /// <summary>The folder of all checkpoints in an output folder.</summary>
    public const string Folder = "checkpoints";

    private const string Prefix = "step-";

    /// <summary>A folder in the making.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>A folder that is being deleted.</summary>
    public const string DeletedSuffix = ".deleted";

    /// <summary>A folder of an earlier run, in the moment in which the first checkpoint of the next takes its place.</summary>
    public const string ReplacedSuffix = ".replaced";

    /// <summary>A folder that turned out damaged.</summary>
    public const string DamagedSuffix = ".damaged";

    /// <summary>A folder that lies after the step from which the run was taken up again.</summary>
    public const string AbandonedSuffix = ".abandoned";

    /// <summary>Whether a folder is one in the making, or half deleted; others that merely end like it are not ours.</summary>
    public static bool IsLeftover(string name) =>
        Step(name.Split('.')[0]) is not null && (name.EndsWith(PartialSuffix, StringComparison.Ordinal) || name.EndsWith(DeletedSuffix, StringComparison.Ordinal));

    /// <summary>The name of a folder whose place a checkpoint is about to take.</summary>
    public static string Replaced(string name, long by) => $"{name}.{Name(by)}{ReplacedSuffix}";

    /// <summary>The name that a replaced folder had, and the step of what was to take its place; null where it is none.</summary>
    public static (string Name, long By)? Replacement(string name) =>
        name.Split('.') is [var stem, var by, var suffix] && suffix == ReplacedSuffix[1..] && Step(stem) is not null && Step(by) is { } step ? (stem, step) : null;

    /// <summary>Whether a folder is a checkpoint that was set aside.</summary>
    public static bool IsSetAside(string name) => name.Split('.') is [var stem, var suffix] && Step(stem) is not null && (suffix.StartsWith(AbandonedSuffix[1..], StringComparison.Ordinal) || suffix.StartsWith(DamagedSuffix[1..], StringComparison.Ordinal));

    /// <summary>The folder of a step: with leading zeros, so that names sort as steps do.</summary>
    public static string Name(long step) => FormattableString.Invariant($"{Prefix}{step:D10}");

    /// <summary>The step of a folder's name; null where it is no finished checkpoint's.</summary>
    public static long? Step(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(Prefix.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long step) && Name(step) == name
            ? step
            : null;
}
