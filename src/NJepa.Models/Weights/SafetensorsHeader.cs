using System.Buffers.Binary;
using System.Text.Json;

namespace NJepa.Models;

/// <summary>
/// Reads a safetensors header without trusting it: its length is bounded and checked against the file, every tensor's range must lie in the file and match its shape and type, and ranges must
/// not overlap. Whatever is wrong ends in a <see cref="WeightsException"/>.
/// </summary>
internal static class SafetensorsHeader
{
    public const int LengthBytes = 8;
    private const long MaxHeaderBytes = 64L << 20;
    private const int MaxDimensions = 16;
    public const string MetadataKey = "__metadata__";

    public static (IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Read(Stream stream, string path)
    {
        long fileLength = stream.Length;
        Span<byte> prefix = stackalloc byte[LengthBytes];
        CheckLength(fileLength, path);

        stream.ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (prefix.StartsWith("PK"u8))
        {
            throw new WeightsException($"{path} is a zip archive and no safetensors file; PyTorch's checkpoints are, and PretrainedEncoder.Load and TensorFile.Open of NJepa.Interop read them.");
        }

        if (headerLength < 2 || headerLength > MaxHeaderBytes || headerLength > (ulong)(fileLength - LengthBytes))
        {
            throw Damaged(path, $"its header claims {headerLength} bytes; the file has {fileLength} and a header may have up to {MaxHeaderBytes}");
        }

        var header = new byte[headerLength];
        stream.ReadExactly(header);
        try
        {
            using JsonDocument document = JsonDocument.Parse(header);
            return Parse(document.RootElement, path, LengthBytes + (long)headerLength, fileLength);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Damaged(path, "its header is not valid: " + exception.Message, exception);
        }
    }

    /// <exception cref="WeightsException">A file of that length is none.</exception>
    public static void CheckLength(long fileLength, string path)
    {
        if (fileLength < LengthBytes)
        {
            throw Damaged(path, $"it has {fileLength} bytes, fewer than the {LengthBytes} of a safetensors length field");
        }
    }

    private static (IReadOnlyList<SafetensorsEntry>, IReadOnlyDictionary<string, string>) Parse(JsonElement root, string path, long dataStart, long fileLength)
    {
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
            {
                throw Damaged(path, $"tensor '{property.Name}' appears twice");
            }

            if (property.Name == MetadataKey)
            {
                foreach (JsonProperty item in property.Value.EnumerateObject())
                {
                    metadata[item.Name] = item.Value.GetString() ?? "";
                }
            }
            else
            {
                entries.Add(ParseEntry(property, path, dataStart, fileLength));
            }
        }

        long end = dataStart;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length))
        {
            if (entry.Offset < end && entry.Length > 0)
            {
                throw Damaged(path, $"tensor '{entry.Name}' overlaps another");
            }

            end = Math.Max(end, entry.Offset + entry.Length);
        }

        return (entries, metadata);
    }

    private static SafetensorsEntry ParseEntry(JsonProperty property, string path, long dataStart, long fileLength)
    {
        string? typeName = property.Value.GetProperty("dtype").GetString();
        if (!SafetensorsTypes.TryParse(typeName, out var type, out int size))
        {
            throw Damaged(path, $"tensor '{property.Name}' has type {typeName}; supported are {SafetensorsTypes.Names}");
        }

        JsonElement shapeElement = property.Value.GetProperty("shape"), offsets = property.Value.GetProperty("data_offsets");
        if (shapeElement.GetArrayLength() > MaxDimensions || offsets.GetArrayLength() != 2)
        {
            throw Damaged(path, $"tensor '{property.Name}' has {shapeElement.GetArrayLength()} dimensions (at most {MaxDimensions}) and {offsets.GetArrayLength()} offsets (exactly 2)");
        }

        long[] shape = [.. shapeElement.EnumerateArray().Select(side => side.GetInt64())];
        (long start, long end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
        (long bytes, long strides) = (size, size);
        foreach (long side in shape)
        {
            bytes = side >= 0 ? checked(bytes * side) : throw Damaged(path, $"tensor '{property.Name}' has a side of {side}");

            // An empty tensor must not have strides that overflow either.
            strides = checked(strides * Math.Max(side, 1));
        }

        if (start < 0 || end < start || end - start != bytes || end > fileLength - dataStart)
        {
            throw Damaged(path, $"tensor '{property.Name}' claims bytes {start} to {end}, but its type and shape need {bytes} and the file has {fileLength - dataStart} bytes of data");
        }

        return new SafetensorsEntry(property.Name, type, shape, dataStart + start, bytes);
    }

    private static WeightsException Damaged(string path, string what, Exception? inner = null) =>
        new($"{path} is not a usable safetensors file: {what}. It may be damaged or cut off; save or download it again.", inner);
}
