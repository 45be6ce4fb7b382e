using SkiaSharp;

namespace NJepa.Data;

/// <summary>Chooses the smallest size at which a JPEG still has a pixel for each pixel of the result.</summary>
internal static class JpegScale
{
    /// <summary>In eighths. Seven eighths take as long to decode as the whole.</summary>
    private const int Largest = 6;

    /// <returns>Eighths of the full size, 8 for the full size, and the decoder's size in pixels: the eighths of each side, rounded
    /// up.</returns>
    public static (int Eighths, SKSizeI Size) Choose(SKCodec codec, in CropPlan plan, bool swap)
    {
        SKSizeI full = codec.Info.Size;
        if (codec.EncodedFormat != SKEncodedImageFormat.Jpeg)
        {
            return (8, full);
        }

        (AxisPlan x, AxisPlan y) = swap ? (plan.Vertical, plan.Horizontal) : (plan.Horizontal, plan.Vertical);
        for (int eighths = 1; eighths <= Largest; eighths++)
        {
            if (x.Length * eighths < x.Total * 8.0 || y.Length * eighths < y.Total * 8.0)
            {
                continue;
            }

            // Where each pixel of the smaller picture lies follows from these sizes; any other would mean another scale.
            SKSizeI size = codec.GetScaledDimensions(eighths / 8f);
            bool asExpected = size.Width == ((full.Width * eighths) + 7) / 8 && size.Height == ((full.Height * eighths) + 7) / 8;
            return asExpected ? (eighths, size) : (8, full);
        }

        return (8, full);
    }
}
