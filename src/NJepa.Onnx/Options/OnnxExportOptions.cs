using NJepa.Models;
using static System.FormattableString;

namespace NJepa.Onnx;

/// <summary>What <see cref="OnnxExport"/> writes. The defaults are the encoder as it is: normalised float32 images of its own size in, features of the last layer out.</summary>
public sealed record OnnxExportOptions
{
    private const OnnxOutputs OfHead = OnnxOutputs.Logits | OnnxOutputs.Probabilities;
    private const OnnxOutputs OfEncoder = OnnxOutputs.PatchFeatures | OnnxOutputs.Features;

    /// <summary>What the model takes.</summary>
    /// <value>Default <see cref="OnnxInput.Float32Nchw"/>.</value>
    /// <remarks><see cref="OnnxInput.UInt8Nhwc"/> is for encoders of 3 channels.</remarks>
    public OnnxInput Input { get; init; } = OnnxInput.Float32Nchw;

    /// <summary>The normalisation of the pixels; must be that of the pretraining. With <see cref="OnnxInput.UInt8Nhwc"/> the model does it, otherwise it is told in the metadata (of encoders of 3 channels).</summary>
    /// <value>Default: <see cref="ImageNormalization.ImageNet"/>.</value>
    public ImageNormalization Normalization { get; init; } = ImageNormalization.ImageNet;

    /// <summary>
    /// Whether the model takes images of any height and width that are multiples of the patch size, the same for all images of a batch. The positions are resampled in the model, so that it computes
    /// what <see cref="ViTEncoder.WithImageSize"/> does.
    /// </summary>
    /// <value>Default false: images of <see cref="ViT.ImageSize"/>.</value>
    public bool DynamicSize { get; init; }

    /// <summary>The numbers that the model holds and computes with.</summary>
    /// <value>Default <see cref="OnnxPrecision.Float32"/>.</value>
    public OnnxPrecision Precision { get; init; } = OnnxPrecision.Float32;

    /// <summary>n: from how many of the last layers the pooled features are taken; they are concatenated from the earliest to the last, as in <c>EncodePooled(images, n)</c>.</summary>
    /// <value>Default 1. From 1 to the encoder's depth.</value>
    public int LastLayers { get; init; } = 1;

    /// <summary>A linear head on the pooled features; its width is n times the encoder's.</summary>
    /// <value>Default null: no head.</value>
    public OnnxHead? Head { get; init; }

    /// <summary>What the model gives.</summary>
    /// <value>Default null: both kinds of features, and with a head logits and probabilities as well.</value>
    public OnnxOutputs? Outputs { get; init; }

    internal OnnxOutputs ChosenOutputs => Outputs ?? (Head is null ? OfEncoder : OfEncoder | OfHead);

    internal bool IsHalf => Precision == OnnxPrecision.Float16;

    /// <summary>Every reason why an encoder cannot be exported with these options; empty when it can.</summary>
    /// <param name="encoder">The encoder's size.</param>
    public IReadOnlyList<string> Validate(ViT encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var errors = new List<string>();
        void Require(bool satisfied, string message)
        {
            if (!satisfied)
            {
                errors.Add(message);
            }
        }

        Require(Enum.IsDefined(Input), Invariant($"Input is {(int)Input}; it must be OnnxInput.Float32Nchw or OnnxInput.UInt8Nhwc."));
        Require(Input != OnnxInput.UInt8Nhwc || encoder.Channels == 3, Invariant($"Input is UInt8Nhwc, which is for RGB; the encoder takes {encoder.Channels} channels. Use OnnxInput.Float32Nchw."));
        Require(Normalization is not null, "Normalization is null; use that of the pretraining, ImageNormalization.ImageNet by default.");
        Require(Enum.IsDefined(Precision), Invariant($"Precision is {(int)Precision}; it must be OnnxPrecision.Float32 or OnnxPrecision.Float16."));
        bool layersExist = LastLayers >= 1 && LastLayers <= encoder.Depth;
        Require(layersExist, Invariant($"LastLayers is {LastLayers}; the encoder has {encoder.Depth} layers, so it must be from 1 to {encoder.Depth}."));
        Require(!layersExist || Head is null || Head.Width == LastLayers * encoder.Width, HeadProblem(encoder));
        Require((ChosenOutputs & ~(OfEncoder | OfHead)) == 0, Invariant($"Outputs is {(int)ChosenOutputs}; it must be a combination of PatchFeatures, Features, Logits and Probabilities."));
        Require(ChosenOutputs != OnnxOutputs.None, "Outputs is None; choose at least one of PatchFeatures, Features, Logits and Probabilities.");
        Require((ChosenOutputs & OfHead) == 0 || Head is not null, $"Outputs has {ChosenOutputs & OfHead}, but there is no head; set Head, or leave these outputs out.");
        return errors;
    }

    private string HeadProblem(ViT encoder)
    {
        if (Head is null)
        {
            return "";
        }

        string remedy = Head.Width % encoder.Width == 0 && Head.Width / encoder.Width <= encoder.Depth
            ? Invariant($"Set LastLayers to {Head.Width / encoder.Width}, if that is what the head was trained on.")
            : "Use the head that was trained on this encoder's features.";
        return Invariant($"The head takes {Head.Width} features, but the encoder of width {encoder.Width} gives {LastLayers * encoder.Width} (LastLayers = {LastLayers}). {remedy}");
    }
}
