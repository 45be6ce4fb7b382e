using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>
/// A titled sheet with one column per image and one row per view of it: row headings at the left, square cells, equal margins.
/// </summary>
internal sealed class ContactSheet : IDisposable
{
    private const int Margin = 32;
    private const int Gap = 10;
    private const int HeadingWidth = 172;
    private const int TitleHeight = 74;
    private const int FooterHeight = 40;

    private readonly FigureCanvas _figure;
    private readonly int _cell;

    /// <summary>An empty sheet.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="subtitle">One line below the title.</param>
    /// <param name="columns">Images.</param>
    /// <param name="rows">Views.</param>
    /// <param name="imageSize">Width of the images in pixels; small ones are enlarged by a whole factor, so that their pixels stay sharp.</param>
    /// <param name="hasFooter">Whether room is left for a line below the cells.</param>
    public ContactSheet(string title, string subtitle, int columns, int rows, int imageSize, bool hasFooter)
    {
        _cell = imageSize <= 192 ? imageSize * (192 / imageSize) : 192;
        int width = Math.Max((2 * Margin) + HeadingWidth + (columns * (_cell + Gap)) - Gap, 640);
        int height = (2 * Margin) + TitleHeight + (rows * (_cell + Gap)) - Gap + (hasFooter ? FooterHeight : 0);
        _figure = new FigureCanvas(width, height, scale: 1);
        Text(title, Margin, Margin + 22, 26, bold: true, FigureColours.Text);
        Text(subtitle, Margin, Margin + 48, 15, bold: false, FigureColours.Caption);
        FooterBaseline = height - Margin - 4;
    }

    public SKCanvas Canvas => _figure.Canvas;

    /// <summary>Where the text of the line below the cells stands.</summary>
    public float FooterBaseline { get; }

    /// <summary>Where the cells begin.</summary>
    public static float CellsLeft => Margin + HeadingWidth;

    /// <summary>The place of one cell.</summary>
    public SKRectI Cell(int column, int row)
    {
        int left = Margin + HeadingWidth + (column * (_cell + Gap));
        int top = Margin + TitleHeight + (row * (_cell + Gap));
        return new SKRectI(left, top, left + _cell, top + _cell);
    }

    /// <summary>Names a row: a heading and lines that explain it.</summary>
    public void RowHeading(int row, string heading, params ReadOnlySpan<string> captions)
    {
        float baseline = Cell(0, row).MidY - (captions.Length * 9) + 2;
        Text(heading, Margin, baseline, 17, bold: true, FigureColours.Text);
        foreach (string caption in captions)
        {
            baseline += 20;
            Text(caption, Margin, baseline, 14, bold: false, FigureColours.Caption);
        }
    }

    /// <summary>Draws text and returns its width.</summary>
    public float Text(string text, float x, float baseline, float size, bool bold, SKColor colour) =>
        FigureText.Draw(Canvas, text, x, baseline, size, bold, colour);

    /// <summary>Fills a cell with an image: whole pixels where it is enlarged, averaged ones where it is reduced.</summary>
    public void Image(FigureImage image, SKRectI cell, SKPaint? paint = null) => image.Draw(Canvas, cell, scale: 1, paint);

    public void Save(string path) => _figure.Save(path);

    public void Dispose() => _figure.Dispose();
}
