using System.Security.Cryptography;
using System.Text.Json;

namespace NJepa.Training;

/// <summary>
/// The last file of a checkpoint: the length and SHA-256 of every other one, and of itself. A checkpoint whose manifest is missing, is not byte for byte what would be written for its content, or
/// does not fit a file, is not complete.
/// </summary>
internal sealed record CheckpointManifest(long Step, IReadOnlyList<ManifestEntry> Files)
{
    public const string FileName = "manifest.json";
    private const int Version = 1;
    private const int MaxBytes = 1 << 20;
    private const int MaxFiles = 64;

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes()
    {
        string checksum = Convert.ToHexStringLower(SHA256.HashData(Serialize(checksum: "")));
        return Serialize(checksum);
    }

    /// <summary>Reads a manifest without trusting it.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static CheckpointManifest Parse(ReadOnlySpan<byte> bytes)
    {
        CheckpointManifest manifest;
        try
        {
            var reader = new Utf8JsonReader(bytes);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            int version = root.GetProperty("version").GetInt32();
            if (version != Version)
            {
                throw new InvalidDataException($"its manifest is of version {version}, and this NJepa reads version {Version}");
            }

            JsonElement files = root.GetProperty("files");
            if (files.GetArrayLength() > MaxFiles)
            {
                throw new InvalidDataException($"its manifest lists {files.GetArrayLength()} files, more than the {MaxFiles} that there can be");
            }

            manifest = new CheckpointManifest(root.GetProperty("step").GetInt64(), [.. files.EnumerateArray().Select(Entry)]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("its manifest is damaged: " + e.Message, e);
        }

        return bytes.SequenceEqual(manifest.ToBytes()) ? manifest : throw new InvalidDataException("its manifest is damaged: its checksum does not fit it");
    }

    /// <summary>Reads the manifest of a checkpoint's folder.</summary>
    /// <exception cref="InvalidDataException">It is damaged or missing.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CheckpointManifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new InvalidDataException("it has no manifest.json");
        }

        return Parse(ReadBounded(path, MaxBytes, "its manifest"));
    }

    /// <summary>A small file's bytes.</summary>
    /// <exception cref="InvalidDataException">It is longer than allowed.</exception>
    public static byte[] ReadBounded(string path, int maxBytes, string what)
    {
        using FileStream stream = File.OpenRead(path);
        if (stream.Length > maxBytes)
        {
            throw new InvalidDataException($"{what} has {stream.Length} bytes, more than the {maxBytes} that it can have");
        }

        byte[] bytes = new byte[stream.Length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes[..read];
    }

    private static ManifestEntry Entry(JsonElement element)
    {
        string? name = element.GetProperty("name").GetString(), hash = element.GetProperty("sha256").GetString();
        long length = element.GetProperty("bytes").GetInt64();
        if (name is null || !CheckpointFiles.All.Contains(name) || hash is not { Length: 64 } || length < 0)
        {
            // Only the names that are written here: a path would lead out of the folder.
            throw new FormatException("a file is named, or described, as no checkpoint's file is");
        }

        return new ManifestEntry(name, length, hash);
    }

    private byte[] Serialize(string checksum)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteNumber("step", Step);
            json.WriteStartArray("files");
            foreach (ManifestEntry file in Files)
            {
                json.WriteStartObject();
                json.WriteString("name", file.Name);
                json.WriteNumber("bytes", file.Length);
                json.WriteString("sha256", file.Sha256);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("checksum", checksum);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
