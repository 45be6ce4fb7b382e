namespace NJepa.Models;

/// <summary>How a parameter starts.</summary>
internal enum ParameterInitialization
{
    /// <summary>Normal with standard deviation 0.02, truncated at two standard deviations.</summary>
    TruncatedNormal,
    Zeros,
    Ones,
}

/// <summary>One parameter to be laid out in a flat buffer.</summary>
/// <param name="Name">The PyTorch-style name, module prefix included.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Initialization">How it starts.</param>
/// <param name="Scale">Factor of the initial standard deviation.</param>
internal sealed record ParameterSpec(string Name, long[] Shape, ParameterInitialization Initialization, double Scale = 1.0)
{
    public long Count => Shape.Aggregate(1L, (product, side) => product * side);

    /// <summary>Matrices, convolutions and mask tokens decay; biases and everything one-dimensional do not (I-JEPA, appendix A.1).</summary>
    public bool Decayed => Shape.Length > 1;
}
