using System.Text.Json;

namespace NJepa.Samples.QuickStart.Options;

/// <summary>The options that a run was begun with, in its output folder, for <c>--resume</c>.</summary>
internal static class BegunOptions
{
    public const string FileName = "options.json";
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Write(QuickStartOptions options) => File.WriteAllText(Path.Combine(options.Output, FileName), JsonSerializer.Serialize(options, Json) + "\n");

    /// <summary>Reads them; null where there are none that can be read, which is found out, and said, when the run is looked for.</summary>
    public static QuickStartOptions? Read(string output)
    {
        try
        {
            var file = new FileInfo(Path.Combine(output, FileName));
            return file.Exists && file.Length <= MaxBytes ? JsonSerializer.Deserialize<QuickStartOptions>(File.ReadAllText(file.FullName), Json) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
