namespace NJepa.Data;

/// <summary>
/// Crops and resizes with antialiasing: bilinear interpolation whose triangle filter widens with the down-scale factor. The values are
/// those of Pillow's bilinear resize of 8-bit images, bit for bit, with the crop cut out first.
/// </summary>
public static class ImageResampler
{
    /// <summary>Resizes a whole image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="width">The width of the result in pixels, at least 1.</param>
    /// <param name="height">The height of the result in pixels, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Resize(image, new PixelBox(0, 0, image.Height, image.Width), width, height);
    }

    /// <summary>Cuts a box out of an image, resizes it, and mirrors it if asked to.</summary>
    /// <param name="image">The image.</param>
    /// <param name="box">The part of the image to resize; inside the image.</param>
    /// <param name="width">The width of the result in pixels, at least 1.</param>
    /// <param name="height">The height of the result in pixels, at least 1.</param>
    /// <param name="mirror">Whether the result is mirrored left to right.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, or the box is empty or reaches outside the image.</exception>
    public static RgbImage Resize(RgbImage image, PixelBox box, int width, int height, bool mirror = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (box.Top < 0 || box.Left < 0 || box.Height < 1 || box.Width < 1
            || box.Height > image.Height - box.Top || box.Width > image.Width - box.Left)
        {
            throw new ArgumentOutOfRangeException(
                nameof(box), box,
                $"The box must lie inside the image of {image.Width} x {image.Height} pixels and hold at least one pixel.");
        }

        var plan = new CropPlan(AxisPlan.Whole(box.Left, box.Width, width, mirror), AxisPlan.Whole(box.Top, box.Height, height));
        var resampler = new PixelResampler();
        resampler.Prepare(plan, PixelPlacement.FullSize, image.Width, image.Height);
        ReadOnlySpan<byte> source = image.Pixels;
        byte[] wide = new byte[checked((source.Length / 3 * 4) + PixelResampler.Slack)];
        for (int i = 0, j = 0; i < source.Length; i += 3, j += 4)
        {
            source.Slice(i, 3).CopyTo(wide.AsSpan(j));
        }

        byte[] pixels = new byte[checked(width * height * 3)];
        resampler.Draw(wide, new PixelWindow(0, 0, image.Width, image.Height), pixels);
        return new RgbImage(width, height, pixels);
    }
}
