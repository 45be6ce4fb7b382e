using System.Runtime.InteropServices;
using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>An image of a figure: red, green, blue bytes, row by row from the top.</summary>
/// <param name="Rgb">Width x height x 3 bytes.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows of pixels.</param>
internal sealed record FigureImage(byte[] Rgb, int Width, int Height)
{
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
