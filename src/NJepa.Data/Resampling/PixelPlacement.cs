namespace NJepa.Data;

/// <summary>
/// Where the full-size image lies in a picture that may have been decoded smaller: place here = offset + scale x place there.
/// </summary>
internal readonly record struct PixelPlacement(double Scale, double OffsetX, double OffsetY)
{
    /// <summary>The picture is the full-size image.</summary>
    public static PixelPlacement FullSize { get; } = new(1, 0, 0);
}
