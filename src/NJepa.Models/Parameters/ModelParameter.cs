using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>A named parameter: a view into a <see cref="ParameterBuffer"/>.</summary>
public sealed class ModelParameter
{
    internal ModelParameter(string name, long[] shape, long offset, bool decayed, Tensor value)
    {
        Name = name;
        Shape = shape;
        Offset = offset;
        IsDecayed = decayed;
        Value = value;
    }

    /// <summary>The PyTorch-style name, such as <c>encoder.blocks.0.attn.qkv.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The shape; linear weights are [out, in].</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Index of the first element in the flat buffer.</summary>
    public long Offset { get; }

    /// <summary>Number of elements.</summary>
    public long Count => Value.NumberOfElements;

    /// <summary>Whether weight decay applies: true for matrices, convolutions and mask tokens.</summary>
    public bool IsDecayed { get; }

    /// <summary>The parameter as a tensor that shares the buffer's memory. Do not dispose it and do not change its type or device.</summary>
    public Tensor Value { get; }

    /// <summary>The gradient as a view of the gradient buffer; null for parameters that are not trained.</summary>
    public Tensor? Gradient => Value.grad;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(",", Shape)}]";
}
