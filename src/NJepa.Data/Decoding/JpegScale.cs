using SkiaSharp;

namespace NJepa.Data;

/// <summary>Chooses the smallest size at which a JPEG still has a pixel for each pixel of the result.</summary>
internal static class JpegScale
{
    /// <summary>In eighths. Between one half and the whole, decoding takes as long as the whole: those inverse transforms are not vectorised.</summary>
    private const int Largest = 4;

    public static SKSizeI Choose(SKCodec codec, in CropPlan plan, bool swap)
    {
        SKSizeI full = codec.Info.Size;
        if (codec.EncodedFormat != SKEncodedImageFormat.Jpeg)
        {
            return full;
        }

        (AxisPlan x, AxisPlan y) = swap ? (plan.Vertical, plan.Horizontal) : (plan.Horizontal, plan.Vertical);
        for (int eighths = 1; eighths <= Largest; eighths++)
        {
            // The stretch is scaled by size / full; it suffices where that is at least the pixels wanted from it.
            if (x.Length * eighths < x.Total * 8.0 || y.Length * eighths < y.Total * 8.0)
            {
                continue;
            }

            SKSizeI size = codec.GetScaledDimensions(eighths / 8f);
            if (x.Length * size.Width >= (double)x.Total * full.Width && y.Length * size.Height >= (double)y.Total * full.Height)
            {
                return size;
            }
        }

        return full;
    }
}
