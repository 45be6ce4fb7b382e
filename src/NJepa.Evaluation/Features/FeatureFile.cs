using System.Runtime.InteropServices;
using System.Text.Json;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Cached features as a safetensors file.</summary>
internal static class FeatureFile
{
    private const string ContentKey = "njepa.content";
    private const string Content = "features";
    private const string ClassesKey = "njepa.classes";
    private const int AtOnce = 1 << 26;
    private const string Features = "features", Labels = "labels", Indices = "source_indices";

    public static void Save(FeatureSet set, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile.Write(
            path,
            [
                KeyValuePair.Create(Features, AlignedTensor.From(set.Values, set.Count, set.Width)),
                KeyValuePair.Create(Labels, tensor(set.Labels)),
                KeyValuePair.Create(Indices, tensor(set.SourceIndices)),
            ],
            new Dictionary<string, string> { ["format"] = "pt", [ContentKey] = Content, [ClassesKey] = JsonSerializer.Serialize(set.ClassNames) });
    }

    public static FeatureSet Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault(ContentKey) != Content)
        {
            throw new EvaluationException($"'{path}' holds no features; FeatureSet.Save writes such files. Encoders are read with ViTEncoder.Load.");
        }

        using DisposeScope scope = NewDisposeScope();
        long[] shape = [.. Entry(file, Features, ScalarType.Float32, 2).Shape];
        int[] labels = Read<int>(file, Labels, ScalarType.Int32), indices = Read<int>(file, Indices, ScalarType.Int32);
        try
        {
            string[] names = JsonSerializer.Deserialize<string[]>(file.Metadata.GetValueOrDefault(ClassesKey) ?? "null") ?? throw new JsonException("there are none");
            return new FeatureSet(Read<float>(file, Features, ScalarType.Float32, 2), checked((int)shape[1]), labels, names, indices);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or OverflowException)
        {
            throw new EvaluationException($"'{path}' holds features that do not fit together: {exception.Message} Extract them again.", exception);
        }
    }

    private static T[] Read<T>(SafetensorsFile file, string name, ScalarType type, int dimensions = 1)
        where T : unmanaged
    {
        Entry(file, name, type, dimensions);
        using Tensor values = file.Read(name);
        var array = new T[checked((int)values.numel())];
        using Tensor flat = values.view(-1);
        for (int start = 0; start < array.Length; start += AtOnce)
        {
            // A span of bytes holds no more than two gigabytes.
            using Tensor part = flat.narrow(0, start, Math.Min(AtOnce, array.Length - start));
            MemoryMarshal.Cast<byte, T>(part.bytes).CopyTo(array.AsSpan(start));
        }

        return array;
    }

    private static SafetensorsEntry Entry(SafetensorsFile file, string name, ScalarType type, int dimensions)
    {
        SafetensorsEntry? entry = file.Find(name);
        return entry is not null && entry.Type == type && entry.Shape.Count == dimensions
            ? entry
            : throw new EvaluationException(
                $"'{file.Path}' should hold '{name}' as {type} with {dimensions} dimensions, and {(entry is null ? "does not hold it" : $"has it as {entry.Type} of shape [{string.Join(",", entry.Shape)}]")}. Extract the features again.");
    }
}
