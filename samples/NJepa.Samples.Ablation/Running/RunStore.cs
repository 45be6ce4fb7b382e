using System.Text.Json;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Tables;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Running;

/// <summary>
/// The output folder: results of finished runs, how each was made, and the settings that all of its runs share. A run is finished when its <c>result.json</c> is there.
/// </summary>
internal sealed class RunStore(string output)
{
    private const string SettingsFile = "settings.json";
    private const string ResultFile = "result.json";
    private const string RecordFile = "run.json";
    private const string Checkpoints = "checkpoints";

    public string FolderOf(RunKey key) => Path.Combine(output, key.Folder);

    /// <summary>Where a trained encoder is.</summary>
    public string EncoderOf(RunKey key, ProbedEncoder encoder) => Path.Combine(FolderOf(key), encoder == ProbedEncoder.Student ? "student.safetensors" : "teacher.safetensors");

    /// <summary>Remembers the settings, or compares them with those that the folder's runs were made with.</summary>
    /// <param name="scale">The settings.</param>
    /// <param name="images">The images.</param>
    /// <param name="write">Whether to remember them where there is nothing yet.</param>
    /// <exception cref="AblationException">The folder holds runs of other settings, or cannot be written to.</exception>
    public void Claim(AblationScale scale, AblationImages images, bool write = true)
    {
        Dictionary<string, string> settings = Texts(scale), defaults = Texts(new AblationScale());
        settings["Images"] = images.PretrainingFingerprint;
        settings["Labelled images"] = images.ProbeTrainingFingerprint;
        settings["Test set"] = images.TestFingerprint;
        string path = Path.Combine(output, SettingsFile);
        if (!File.Exists(path) || !Directory.Exists(Path.Combine(output, "runs")))
        {
            if (write)
            {
                WholeFile.Write(path, settings);
            }

            return;
        }

        Dictionary<string, string> earlier = WholeFile.TryRead<Dictionary<string, string>>(path, out string? problem)
            ?? throw new AblationException($"'{path}' is damaged ({problem}). Delete it, and it is written again with the settings of the next command: give those that the runs in '{output}' were made with.");

        // An earlier version did not write down what could not be chosen in it: it was what is the default now.
        string? Earlier(string key) => earlier.GetValueOrDefault(key) ?? defaults.GetValueOrDefault(key);
        string[] differences =
        [
            .. settings.Keys.Union(earlier.Keys).Where(key => settings.GetValueOrDefault(key) != Earlier(key))
                .Select(key => $"{key} was {Earlier(key) ?? "not set"} and is now {settings.GetValueOrDefault(key, "not set")}"),
        ];
        if (differences.Length > 0)
        {
            throw new AblationException($"The runs in '{output}' were made with other settings, and tables must not mix them: {string.Join("; ", differences)}. Use the same settings, or another --output.");
        }
    }

    /// <summary>Compares a run's recipe and training with those that it was begun with. A run that was begun before they were written down is taken as it is.</summary>
    /// <exception cref="AblationException">They differ, or what was written down is damaged.</exception>
    public void RequireSame(Arm arm, RunKey key, IReadOnlyDictionary<string, string> settings)
    {
        if (Record(key) is { } record && RunSettings.Differences(record.Settings, settings) is { Length: > 0 } differences)
        {
            throw new AblationException(
                $"The run '{key.Folder}' in '{output}' ({arm.Name}) was made with another recipe, and tables must not mix them: {string.Join("; ", differences)}. Go on with the version that made it ({record.Environments[0].NJepa}), or use another --output.");
        }
    }

    /// <summary>The result of a finished run; null where there is none yet, or where it is damaged and can be measured again from the run's encoders.</summary>
    /// <exception cref="AblationException">It is damaged and the encoders are not there, or it is the result of another run.</exception>
    public RunResult? Find(RunKey key)
    {
        string path = Path.Combine(FolderOf(key), ResultFile);
        if (!File.Exists(path))
        {
            return null;
        }

        if (WholeFile.TryRead<RunResult>(path, out string? problem) is { } result)
        {
            return result.Key == key ? result : throw new AblationException($"'{path}' is the result of another run ({result.Key.Folder}). Delete it, and this run is done again.");
        }

        return HasEncoders(key) ? null : throw new AblationException($"'{path}' is damaged ({problem}), and the encoders that it was measured from are not there. Delete it, and the run is trained again.");
    }

    /// <summary>Marks a run as finished.</summary>
    public void Save(RunResult result) => WholeFile.Write(Path.Combine(FolderOf(result.Key), ResultFile), result);

    /// <summary>How a run is made; null where it has not been begun, or was by a version that did not write it down.</summary>
    /// <exception cref="AblationException">It is damaged.</exception>
    public RunRecord? Record(RunKey key)
    {
        string path = Path.Combine(FolderOf(key), RecordFile);
        return !File.Exists(path) ? null
            : WholeFile.TryRead<RunRecord>(path, out string? problem) is { Environments.Count: > 0 } record ? record
            : throw new AblationException($"'{path}' is damaged ({problem ?? "it lists no environment"}). Delete it, and the run is taken for one whose recipe and versions were not written down.");
    }

    /// <summary>Writes down how a run is made.</summary>
    public void Save(RunKey key, RunRecord record) => WholeFile.Write(Path.Combine(FolderOf(key), RecordFile), record);

    /// <summary>Whether both encoders of a run are there; those of a run that was stopped are not the trained ones yet.</summary>
    public bool HasEncoders(RunKey key) => Enum.GetValues<ProbedEncoder>().All(encoder => File.Exists(EncoderOf(key, encoder)));

    /// <summary>Whether there is something that a training can go on from.</summary>
    public bool HasCheckpoints(RunKey key) => Directory.Exists(Path.Combine(FolderOf(key), Checkpoints));

    /// <summary>Frees the room that only an unfinished run needs; the encoders stay.</summary>
    public void Tidy(RunKey key)
    {
        if (HasCheckpoints(key))
        {
            Directory.Delete(Path.Combine(FolderOf(key), Checkpoints), recursive: true);
        }
    }

    /// <summary>Reads a value that can be computed from images and encoders, or computes and keeps it, also where it is damaged.</summary>
    /// <param name="folder">The folder below the output folder.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="compute">Computes it.</param>
    /// <param name="isCurrent">Whether a value that is there is what is asked for; null for always.</param>
    public T GetOrAdd<T>(string folder, string name, Func<T> compute, Func<T, bool>? isCurrent = null)
        where T : class
    {
        string path = Path.Combine(output, folder, name);
        if (File.Exists(path) && WholeFile.TryRead<T>(path, out _) is { } kept && isCurrent?.Invoke(kept) != false)
        {
            return kept;
        }

        T value = compute();
        WholeFile.Write(path, value);
        return value;
    }

    private static Dictionary<string, string> Texts(AblationScale scale) =>
        JsonSerializer.SerializeToElement(scale).EnumerateObject().ToDictionary(property => property.Name, property => property.Value.ToString());
}
