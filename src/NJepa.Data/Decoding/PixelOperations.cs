using SkiaSharp;

namespace NJepa.Data;

/// <summary>Whole-picture operations on 4-byte pixels that few files need.</summary>
internal static class PixelOperations
{
    /// <summary>Lays pixels with straight (not premultiplied) alpha over white.</summary>
    public static void CompositeOverWhite(Span<byte> pixels)
    {
        for (int i = 0; i + 4 <= pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha == byte.MaxValue)
            {
                continue;
            }

            int white = (byte.MaxValue * (byte.MaxValue - alpha)) + 127;
            pixels[i] = (byte)(((pixels[i] * alpha) + white) / byte.MaxValue);
            pixels[i + 1] = (byte)(((pixels[i + 1] * alpha) + white) / byte.MaxValue);
            pixels[i + 2] = (byte)(((pixels[i + 2] * alpha) + white) / byte.MaxValue);
            pixels[i + 3] = byte.MaxValue;
        }
    }

    /// <summary>Whether an upright picture has the stored one's width as its height.</summary>
    public static bool SwapsAxes(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Whether the stored picture's first pixel is at the right of the upright one.</summary>
    public static bool StartsAtRight(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;

    /// <summary>Whether the stored picture's first pixel is at the bottom of the upright one.</summary>
    public static bool StartsAtBottom(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>Where a window of the upright picture lies in the stored one.</summary>
    /// <param name="window">The window.</param>
    /// <param name="width">Width of the upright picture.</param>
    /// <param name="height">Height of the upright picture.</param>
    /// <param name="origin">Where the stored picture's first row and first column belong.</param>
    public static PixelWindow ToStored(PixelWindow window, int width, int height, SKEncodedOrigin origin)
    {
        int left = StartsAtRight(origin) ? width - window.Right : window.Left;
        int top = StartsAtBottom(origin) ? height - window.Bottom : window.Top;
        return SwapsAxes(origin)
            ? new PixelWindow(top, left, window.Height, window.Width)
            : new PixelWindow(left, top, window.Width, window.Height);
    }

    /// <summary>Where a window of the stored picture lies in the upright one.</summary>
    /// <param name="window">The window.</param>
    /// <param name="width">Width of the stored picture.</param>
    /// <param name="height">Height of the stored picture.</param>
    /// <param name="origin">Where the stored picture's first row and first column belong.</param>
    public static PixelWindow ToUpright(PixelWindow window, int width, int height, SKEncodedOrigin origin)
    {
        (PixelWindow turned, int uprightWidth, int uprightHeight) = SwapsAxes(origin)
            ? (new PixelWindow(window.Top, window.Left, window.Height, window.Width), height, width)
            : (window, width, height);
        return turned with
        {
            Left = StartsAtRight(origin) ? uprightWidth - turned.Right : turned.Left,
            Top = StartsAtBottom(origin) ? uprightHeight - turned.Bottom : turned.Top,
        };
    }

    /// <summary>Turns a stored picture upright.</summary>
    /// <param name="stored">Pixels [height, width].</param>
    /// <param name="width">Width of the stored picture.</param>
    /// <param name="height">Height of the stored picture.</param>
    /// <param name="origin">Where the stored picture's first row and first column belong: "right top" is first row at the right, first
    /// column at the top.</param>
    /// <param name="upright">Receives pixels [width, height] where axes are swapped, else [height, width].</param>
    public static void TurnUpright(ReadOnlySpan<uint> stored, int width, int height, SKEncodedOrigin origin, Span<uint> upright)
    {
        // The place of stored pixel (x, y) is start + x * stepX + y * stepY.
        int uprightWidth = SwapsAxes(origin) ? height : width;
        int uprightHeight = SwapsAxes(origin) ? width : height;
        int right = uprightWidth - 1;
        int bottom = (uprightHeight - 1) * uprightWidth;
        (int start, int stepX, int stepY) = origin switch
        {
            SKEncodedOrigin.TopRight => (right, -1, uprightWidth),
            SKEncodedOrigin.BottomRight => (bottom + right, -1, -uprightWidth),
            SKEncodedOrigin.BottomLeft => (bottom, 1, -uprightWidth),
            SKEncodedOrigin.LeftTop => (0, uprightWidth, 1),
            SKEncodedOrigin.RightTop => (right, uprightWidth, -1),
            SKEncodedOrigin.RightBottom => (bottom + right, -uprightWidth, -1),
            SKEncodedOrigin.LeftBottom => (bottom, -uprightWidth, 1),
            _ => (0, 1, uprightWidth),
        };

        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<uint> row = stored.Slice(y * width, width);
            int place = start + (y * stepY);
            foreach (uint pixel in row)
            {
                upright[place] = pixel;
                place += stepX;
            }
        }
    }
}
