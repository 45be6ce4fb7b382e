using SkiaSharp;

namespace NJepa.Data;

/// <summary>Has Skia decode a picture, or only the rows and columns of it that are needed, to 4 bytes a pixel.</summary>
internal static class PixelReader
{
    /// <summary>
    /// Colour is stored at half the resolution and interpolated from its neighbours. At the edge of what is decoded there are none, so
    /// some more columns are decoded than needed: the pixels are then those of decoding the whole picture, to the last bit.
    /// </summary>
    private const int ExtraColumns = 4;

    /// <summary>Columns are cut off only where that is a good part of them: it has its own cost.</summary>
    private const double WorthwhileShare = 0.95;

    /// <summary>The window to decode so that the needed one is exact.</summary>
    public static PixelWindow Plan(PixelWindow needed, SKSizeI size)
    {
        PixelWindow wide = needed.Widen(ExtraColumns, size.Width);
        return wide.Width > size.Width * WorthwhileShare ? wide with { Left = 0, Width = size.Width } : wide;
    }

    /// <summary>Decodes a whole picture.</summary>
    /// <param name="codec">The file.</param>
    /// <param name="size">The size to decode at: the file's, or one that the codec can scale to.</param>
    /// <param name="pixels">Where to write RGBA bytes [height, width, 4].</param>
    public static SKCodecResult ReadAll(SKCodec codec, SKSizeI size, nint pixels)
    {
        // Opaque files must be asked for as opaque, the others unpremultiplied, so that compositing loses nothing.
        SKAlphaType alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, alpha);
        return codec.GetPixels(info, pixels, info.RowBytes, SKCodecOptions.Default);
    }

    /// <summary>Decodes a window of a JPEG. What follows its last row is not read.</summary>
    /// <param name="codec">The file.</param>
    /// <param name="size">The size to decode at: the file's, or one that the codec can scale to.</param>
    /// <param name="window">The window in a picture of that size.</param>
    /// <param name="pixels">Where to write RGBA bytes [window's height, window's width, 4].</param>
    public static SKCodecResult ReadWindow(SKCodec codec, SKSizeI size, PixelWindow window, nint pixels)
    {
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        SKCodecOptions options = window.Width == size.Width
            ? SKCodecOptions.Default
            : new SKCodecOptions(new SKRectI(window.Left, 0, window.Right, size.Height));
        SKCodecResult result = codec.StartScanlineDecode(info, options);
        if (result != SKCodecResult.Success)
        {
            return result;
        }

        if (window.Top > 0 && !codec.SkipScanlines(window.Top))
        {
            return SKCodecResult.IncompleteInput;
        }

        int rows = codec.GetScanlines(pixels, window.Height, window.Width * 4);
        return rows == window.Height ? SKCodecResult.Success : SKCodecResult.IncompleteInput;
    }
}
