namespace NJepa.Onnx;

/// <summary>What an exported model takes.</summary>
public enum OnnxInput
{
    /// <summary>Normalised images <c>[B,C,H,W]</c> float32, as <c>ImageNormalization</c> makes them: the caller prepares them.</summary>
    Float32Nchw,

    /// <summary>RGB bytes <c>[B,H,W,3]</c>, as image decoders give them: the model normalises them itself.</summary>
    UInt8Nhwc,
}
