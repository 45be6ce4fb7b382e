namespace NJepa.Onnx;

/// <summary>What an exported model gives; several may be combined.</summary>
[Flags]
public enum OnnxOutputs
{
    /// <summary>Nothing; not a valid choice.</summary>
    None = 0,

    /// <summary><c>patch_features</c> <c>[B,L,D]</c>: the last layer, as <c>ViTEncoder.Encode</c> gives it.</summary>
    PatchFeatures = 1,

    /// <summary><c>features</c> <c>[B,n*D]</c>: the mean over the patches of each of the last n layers, as <c>ViTEncoder.EncodePooled</c> gives them.</summary>
    Features = 2,

    /// <summary><c>logits</c> <c>[B,K]</c>: the head's score of each of its K classes.</summary>
    Logits = 4,

    /// <summary><c>probabilities</c> <c>[B,K]</c>: the softmax of the logits.</summary>
    Probabilities = 8,
}
