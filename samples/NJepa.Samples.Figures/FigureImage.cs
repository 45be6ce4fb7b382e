using System.Runtime.InteropServices;
using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>An image of a figure: red, green, blue bytes, row by row from the top.</summary>
/// <param name="Rgb">Width x height x 3 bytes.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows of pixels.</param>
internal sealed record FigureImage(byte[] Rgb, int Width, int Height)
{
    /// <summary>Fills a place with the image: whole pixels where it is enlarged, averaged ones where it is reduced.</summary>
    /// <param name="canvas">What to draw on.</param>
    /// <param name="place">Where.</param>
    /// <param name="scale">Pixels of the file for one unit of the canvas.</param>
    /// <param name="paint">How; null for as it is.</param>
    public void Draw(SKCanvas canvas, SKRect place, int scale, SKPaint? paint = null)
    {
        using SKBitmap bitmap = ToBitmap();
        using SKImage source = SKImage.FromBitmap(bitmap);
        SKSamplingOptions sampling = Width <= place.Width * scale
            ? new SKSamplingOptions(SKFilterMode.Nearest)
            : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
        canvas.DrawImage(source, SKRect.Create(Width, Height), place, sampling, paint);
    }

    /// <summary>A copy for drawing, which the caller disposes.</summary>
    /// <exception cref="InvalidOperationException">The number of bytes is not width x height x 3.</exception>
    public SKBitmap ToBitmap()
    {
        if (Width < 1 || Height < 1 || Rgb.Length != Width * Height * 3)
        {
            throw new InvalidOperationException($"An image of {Width} x {Height} pixels has {Rgb.Length} bytes; it needs width x height x 3.");
        }

        var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> target = MemoryMarshal.AsBytes(bitmap.GetPixelSpan());
        for (int i = 0, j = 0; i < Rgb.Length; i += 3, j += 4)
        {
            Rgb.AsSpan(i, 3).CopyTo(target[j..]);
            target[j + 3] = 255;
        }

        return bitmap;
    }
}
