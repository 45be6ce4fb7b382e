using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>One tensor of a weights file.</summary>
/// <param name="Name">Its name; names of nested dictionaries are joined by dots.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its shape.</param>
public sealed record TensorEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Name, type and shape in one line.</summary>
    public override string ToString() => $"{Name} {Type} [{string.Join(",", Shape)}]";
}
