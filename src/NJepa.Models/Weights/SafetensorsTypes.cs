using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>The element types of safetensors that TorchSharp has.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type, int Size)[] Known =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static string Names => string.Join(", ", Known.Select(known => known.Name));

    public static bool TryParse(string? name, out ScalarType type, out int size)
    {
        (string found, type, size) = Array.Find(Known, known => known.Name == name);
        return found is not null;
    }

    public static string NameOf(ScalarType type) => Array.Find(Known, known => known.Type == type).Name
        ?? throw new ArgumentException($"Tensors of type {type} cannot be saved as safetensors; convert them to one of {Names} first.", nameof(type));
}
