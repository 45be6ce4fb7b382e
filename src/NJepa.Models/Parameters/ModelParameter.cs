using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>A named parameter: a view into a <see cref="ParameterBuffer"/>.</summary>
public sealed class ModelParameter
{
    internal ModelParameter(string name, long[] shape, long offset, bool decayed, Tensor value, Tensor? gradient)
    {
        Name = name;
        Shape = shape;
        Offset = offset;
        IsDecayed = decayed;
        Value = value;
        Gradient = gradient;
        Count = shape.Aggregate(1L, (product, side) => product * side);
    }

    /// <summary>The PyTorch-style name, such as <c>encoder.blocks.0.attn.qkv.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The shape; linear weights are [out, in].</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Index of the first element in the flat buffer.</summary>
    public long Offset { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Whether weight decay applies: true for matrices, convolutions and mask tokens.</summary>
    public bool IsDecayed { get; }

    /// <summary>The parameter as a tensor that shares the buffer's memory. Do not dispose it and do not change its type or device.</summary>
    public Tensor Value { get; }

    /// <summary>The gradient as a tensor that shares the gradient buffer's memory; null for parameters that are not trained. Do not dispose it.</summary>
    public Tensor? Gradient { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(",", Shape)}]";
}
