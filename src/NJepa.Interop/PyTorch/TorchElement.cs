using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Element types as PyTorch names them.</summary>
/// <param name="Type">The type.</param>
/// <param name="Storage">Its storage, such as <c>FloatStorage</c>.</param>
/// <param name="Name">Its own name, such as <c>float32</c>.</param>
/// <param name="Bytes">Bytes of an element.</param>
internal sealed record TorchElement(ScalarType Type, string Storage, string Name, int Bytes)
{
    public static IReadOnlyList<TorchElement> All { get; } =
    [
        new(ScalarType.Float64, "DoubleStorage", "float64", 8), new(ScalarType.Float32, "FloatStorage", "float32", 4), new(ScalarType.Float16, "HalfStorage", "float16", 2),
        new(ScalarType.BFloat16, "BFloat16Storage", "bfloat16", 2), new(ScalarType.Int64, "LongStorage", "int64", 8), new(ScalarType.Int32, "IntStorage", "int32", 4),
        new(ScalarType.Int16, "ShortStorage", "int16", 2), new(ScalarType.Int8, "CharStorage", "int8", 1), new(ScalarType.Byte, "ByteStorage", "uint8", 1),
        new(ScalarType.Bool, "BoolStorage", "bool", 1), new(ScalarType.ComplexFloat32, "ComplexFloatStorage", "complex64", 8),
        new(ScalarType.ComplexFloat64, "ComplexDoubleStorage", "complex128", 16),
    ];

    /// <exception cref="ArgumentException">PyTorch has no such storage.</exception>
    public static TorchElement Of(ScalarType type) => All.FirstOrDefault(element => element.Type == type)
        ?? throw new ArgumentException($"Tensors of type {type} cannot be saved as a PyTorch checkpoint; convert them to one of {string.Join(", ", All.Select(element => element.Type))} first.", nameof(type));
}
