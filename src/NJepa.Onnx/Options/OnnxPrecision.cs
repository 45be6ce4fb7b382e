using System.Diagnostics.CodeAnalysis;

namespace NJepa.Onnx;

/// <summary>The numbers that an exported model holds and computes with. Its inputs and outputs are the same for each.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The types' own names.")]
public enum OnnxPrecision
{
    /// <summary>Everything in float32: what the encoder itself computes, to rounding.</summary>
    Float32,

    /// <summary>
    /// Weights of matrix products, and these products, in float16: half the size. The sums from block to block, LayerNorm, softmax, the position table and the head stay in float32.
    /// </summary>
    Float16,
}
