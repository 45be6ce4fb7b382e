namespace NJepa.Data;

/// <summary>A decoded, upright picture: 8-bit red, green and blue.</summary>
public sealed class RgbImage
{
    /// <summary>Wraps pixels; they are not copied.</summary>
    /// <param name="width">The width in pixels, at least 1.</param>
    /// <param name="height">The height in pixels, at least 1.</param>
    /// <param name="pixels">RGB bytes [height, width, 3].</param>
    /// <exception cref="ArgumentException">There are not width x height x 3 bytes, or there are no pixels.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (width < 1 || height < 1 || pixels.LongLength != (long)width * height * 3)
        {
            throw new ArgumentException(
                $"{pixels.LongLength} bytes do not make an image of {width} x {height} pixels; " +
                $"{Math.Max(0, (long)width * height * 3)} bytes and at least one pixel are needed.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The pixels: RGB bytes [<see cref="Height"/>, <see cref="Width"/>, 3], row by row from the top.</summary>
    public byte[] Pixels { get; }
}
