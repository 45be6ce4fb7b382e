namespace NJepa.Onnx;

/// <summary>The names in an exported model: of its input and outputs, and of the texts in its metadata, with which a program can run a model that it has never seen.</summary>
public static class OnnxMetadata
{
    /// <summary>The input.</summary>
    public const string Images = "images";

    /// <summary>The output <c>[B,L,D]</c>: features of each patch.</summary>
    public const string PatchFeatures = "patch_features";

    /// <summary>The output <c>[B,n*D]</c>: features of each image.</summary>
    public const string Features = "features";

    /// <summary>The output <c>[B,K]</c>: the head's scores.</summary>
    public const string Logits = "logits";

    /// <summary>The output <c>[B,K]</c>: the head's probabilities.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>Key of the version of NJepa that wrote the model: what tells such a model from others.</summary>
    public const string Version = "njepa.version";

    /// <summary>Key of the network's size, the JSON of a <c>ViT</c>: ImageSize, PatchSize, Width, Depth, Heads, Channels and more.</summary>
    public const string Network = "njepa.vit";

    /// <summary>Key of what the model takes: <see cref="BytesInput"/> or <see cref="FloatInput"/>.</summary>
    public const string Input = "njepa.input";

    /// <summary>The value of <see cref="Input"/> for RGB bytes <c>[B,H,W,3]</c>.</summary>
    public const string BytesInput = "uint8-nhwc";

    /// <summary>The value of <see cref="Input"/> for normalised images <c>[B,C,H,W]</c> float32.</summary>
    public const string FloatInput = "float32-nchw";

    /// <summary>Key of whether any multiple of the patch size is a side of an image: <c>true</c> or <c>false</c>.</summary>
    public const string DynamicSize = "njepa.dynamic_size";

    /// <summary>Key of the channels' means in units of the pixel range [0, 1], a JSON array; not there unless there are 3 channels.</summary>
    public const string Mean = "njepa.mean";

    /// <summary>Key of the channels' standard deviations in units of the pixel range [0, 1], a JSON array; not there unless there are 3 channels.</summary>
    public const string StandardDeviation = "njepa.std";

    /// <summary>Key of n, the number of last layers in <see cref="Features"/>.</summary>
    public const string LastLayers = "njepa.last_layers";

    /// <summary>Key of the numbers that the model computes with: <c>float32</c> or <c>float16</c>.</summary>
    public const string Precision = "njepa.precision";

    /// <summary>Key of the classes of a head, a JSON array of K names; not there without a head.</summary>
    public const string Labels = "njepa.labels";

    /// <summary>Key of what each output is, a JSON object of sentences.</summary>
    public const string Outputs = "njepa.outputs";
}
