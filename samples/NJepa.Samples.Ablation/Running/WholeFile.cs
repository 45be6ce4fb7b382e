using System.Text;
using System.Text.Json;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Files that appear whole or not at all, however many processes write them, and however these end.</summary>
internal static class WholeFile
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Reads JSON.</summary>
    /// <param name="path">The file, which is there.</param>
    /// <param name="problem">Why it cannot be read; null when it can.</param>
    /// <returns>What it holds; null when it is damaged.</returns>
    public static T? TryRead<T>(string path, out string? problem)
        where T : class
    {
        try
        {
            T? value = JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json);
            problem = value is null ? "it holds nothing" : null;
            return value;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or NotSupportedException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>Writes JSON.</summary>
    public static void Write<T>(string path, T value) => FileReplacement.Write(path, file => JsonSerializer.Serialize(file, value, Json));

    /// <summary>Writes a text.</summary>
    public static void Write(string path, string text) => FileReplacement.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Writes a file under a name of its own, then gives it the name that is meant.</summary>
    /// <param name="path">The name that is meant; its folder is made.</param>
    /// <param name="write">Writes the file whose path it gets.</param>
    public static void Replace(string path, Action<string> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = $"{path}.{Guid.NewGuid():N}.partial";
        write(beside);
        File.Move(beside, path, overwrite: true);
    }
}
