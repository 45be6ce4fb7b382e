namespace NJepa.Data;

/// <summary>
/// Where the full-size image lies in a picture that may be smaller: place here = offset + scale x place there, axis by axis.
/// </summary>
internal readonly record struct PixelPlacement(double ScaleX, double ScaleY, double OffsetX, double OffsetY)
{
    /// <summary>The same scale on both axes, as a decoder makes it.</summary>
    public PixelPlacement(double scale, double offsetX, double offsetY)
        : this(scale, scale, offsetX, offsetY)
    {
    }

    /// <summary>The picture is the full-size image.</summary>
    public static PixelPlacement FullSize { get; } = new(1, 0, 0);
}
