using static TorchSharp.torch;

namespace NJepa.Interop;

// What a pickle may hold: null, bool, long, double, string, and these.

/// <summary>A dictionary, in the order in which it was filled; keys are texts, integers, booleans or floats.</summary>
internal sealed class PickleDictionary
{
    public Dictionary<object, object?> Items { get; } = [];
}

/// <summary>A list.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A tuple.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>The memory that tensors are views of: an entry of the archive.</summary>
/// <param name="Key">The entry's name below <c>data/</c>.</param>
/// <param name="Type">Its element type; Byte where it is without one.</param>
/// <param name="Count">Its number of elements.</param>
internal sealed record PickleStorage(string Key, ScalarType Type, long Count);

/// <summary>A tensor as a view of a storage; offset and strides in elements.</summary>
internal sealed record PickleTensor(PickleStorage Storage, ScalarType Type, long Offset, long[] Shape, long[] Strides);

/// <summary>A type of storage or of elements, or one of the few functions that are known.</summary>
internal sealed record PickleGlobal(string Name, PickleGlobal.Kind What, ScalarType? Type = null)
{
    public enum Kind
    {
        Storage,
        ElementType,
        OrderedDictionary,
        Size,
        Device,
        Tensor,
        TypedTensor,
        Parameter,
    }
}
