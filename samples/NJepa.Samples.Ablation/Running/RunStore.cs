using System.Text;
using System.Text.Json;
using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Running;

/// <summary>
/// The output folder: results of finished runs, and the settings that all of its runs share. A run is finished when its <c>result.json</c> is there; that file appears whole or not at all.
/// </summary>
internal sealed class RunStore(string output)
{
    private const string SettingsFile = "settings.json";
    private const string ResultFile = "result.json";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public string FolderOf(RunKey key) => Path.Combine(output, key.Folder);

    /// <summary>Remembers the settings, or compares them with those that the folder's runs were made with.</summary>
    /// <param name="scale">The settings.</param>
    /// <param name="images">The images.</param>
    /// <param name="write">Whether to remember them where there is nothing yet.</param>
    /// <exception cref="AblationException">The folder holds runs of other settings, or cannot be written to.</exception>
    public void Claim(AblationScale scale, AblationImages images, bool write = true)
    {
        var settings = new Dictionary<string, string>(
            JsonSerializer.SerializeToElement(scale).EnumerateObject().Select(property => KeyValuePair.Create(property.Name, property.Value.ToString())))
        {
            ["Images"] = ImageFingerprint.Of(images.Pretraining),
            ["Labelled images"] = ImageFingerprint.Of(images.ProbeTraining),
            ["Test set"] = ImageFingerprint.Of(images.Test),
        };
        string path = Path.Combine(output, SettingsFile);
        if (!File.Exists(path) || !Directory.Exists(Path.Combine(output, "runs")))
        {
            if (write)
            {
                Write(path, settings);
            }

            return;
        }

        Dictionary<string, string> earlier = Read<Dictionary<string, string>>(path);
        string[] differences =
        [
            .. settings.Keys.Union(earlier.Keys).Where(key => settings.GetValueOrDefault(key) != earlier.GetValueOrDefault(key))
                .Select(key => $"{key} was {earlier.GetValueOrDefault(key, "not set")} and is now {settings.GetValueOrDefault(key, "not set")}"),
        ];
        if (differences.Length > 0)
        {
            throw new AblationException($"The runs in '{output}' were made with other settings, and tables must not mix them: {string.Join("; ", differences)}. Use the same settings, or another --output.");
        }
    }

    /// <summary>The result of a finished run; null where there is none yet.</summary>
    /// <exception cref="AblationException">It is damaged.</exception>
    public RunResult? Find(RunKey key)
    {
        string path = Path.Combine(FolderOf(key), ResultFile);
        if (!File.Exists(path))
        {
            return null;
        }

        RunResult result = Read<RunResult>(path);
        return result.Key == key ? result : throw new AblationException($"'{path}' is the result of another run ({result.Key.Folder}). Delete it, and this run is done again.");
    }

    /// <summary>Marks a run as finished.</summary>
    public void Save(RunResult result) => Write(Path.Combine(FolderOf(result.Key), ResultFile), result);

    /// <summary>Reads a value that was computed from a finished run, or computes and keeps it.</summary>
    /// <param name="folder">The folder below the output folder.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="compute">Computes it.</param>
    public T GetOrAdd<T>(string folder, string name, Func<T> compute)
    {
        string path = Path.Combine(output, folder, name);
        if (File.Exists(path))
        {
            return Read<T>(path);
        }

        T value = compute();
        Write(path, value);
        return value;
    }

    private static T Read<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json) ?? throw new JsonException("it holds nothing");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or NotSupportedException)
        {
            throw new AblationException($"'{path}' is damaged ({exception.Message}). Delete it, and what it held is computed again.");
        }
    }

    /// <summary>Writes a text into the output folder, whole or not at all.</summary>
    public void WriteText(string name, string text) => Replace(Path.Combine(output, name), file => file.Write(Encoding.UTF8.GetBytes(text)));

    private static void Write<T>(string path, T value) => Replace(path, file => JsonSerializer.Serialize(file, value, Json));

    private static void Replace(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = $"{path}.{Guid.NewGuid():N}.partial";
        using (var file = new FileStream(beside, FileMode.CreateNew))
        {
            write(file);

            // The checkpoints are deleted next: what stands here must survive a power cut.
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
