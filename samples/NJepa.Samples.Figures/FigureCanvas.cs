using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>An empty figure to draw on, and its file.</summary>
internal sealed class FigureCanvas : IDisposable
{
    private readonly SKBitmap _bitmap;

    /// <summary>A canvas with the figures' background.</summary>
    /// <param name="width">Width in units of drawing.</param>
    /// <param name="height">Height in units of drawing.</param>
    /// <param name="scale">Pixels of the file for one unit. Lines and text need 2 to look sharp on today's screens; images that are enlarged by whole pixels need 1.</param>
    public FigureCanvas(int width, int height, int scale)
    {
        _bitmap = new SKBitmap(new SKImageInfo(width * scale, height * scale, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Canvas = new SKCanvas(_bitmap);
        Canvas.Clear(FigureColours.Background);
        Canvas.Scale(scale);
    }

    public SKCanvas Canvas { get; }

    /// <summary>Writes the figure as PNG.</summary>
    public void Save(string path)
    {
        using SKData data = _bitmap.Encode(SKEncodedImageFormat.Png, 100)
            ?? throw new InvalidOperationException($"The figure '{path}' could not be encoded as PNG.");
        using FileStream file = File.Create(path);
        data.SaveTo(file);
    }

    public void Dispose()
    {
        Canvas.Dispose();
        _bitmap.Dispose();
    }
}
