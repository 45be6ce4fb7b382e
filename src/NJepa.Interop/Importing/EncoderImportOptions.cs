using NJepa.Models;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>How an encoder is loaded from a file of another program.</summary>
public sealed record EncoderImportOptions
{
    /// <summary>Which of the file's encoders: <c>target_encoder</c>, <c>encoder</c>, or the name of any other module that holds one.</summary>
    /// <value>Default null: the only one there is, or <c>target_encoder</c>, which I-JEPA evaluates.</value>
    public string? Module { get; init; }

    /// <summary>Side of the square images in pixels that the encoder is to take; the position table is resampled (<see cref="PositionTable.Resize"/>). A multiple of the patch size.</summary>
    /// <value>Default null: the size that the file's position table is for.</value>
    public int? ImageSize { get; init; }

    /// <summary>The number of attention heads, which weights do not tell: a divisor of the width, at least 1.</summary>
    /// <value>Default null: from the file's metadata or <c>config.json</c>, else that of the preset of <see cref="ViT"/> with the same width and depth.</value>
    public int? Heads { get; init; }

    /// <summary>Whether anything that does not fit is an error. Otherwise what fits is loaded, the rest keeps random weights, and the report says so.</summary>
    /// <value>Default true.</value>
    public bool Strict { get; init; } = true;

    /// <summary>The device of the encoder.</summary>
    /// <value>Default null: the CPU.</value>
    public Device? Device { get; init; }
}
