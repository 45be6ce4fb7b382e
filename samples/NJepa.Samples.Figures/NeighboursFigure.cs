using System.Globalization;
using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>Images and those that encoders find nearest to them, with the cosine below each; a frame says whether the class is the same.</summary>
internal static class NeighboursFigure
{
    private const int Scale = 2;
    private const int Cell = 96;
    private const int Gap = 10;
    private const int GroupGap = 30;
    private const int CaptionHeight = 24;
    private const int Margin = 32;
    private const int Top = 132;

    public static readonly SKColor Same = new(0, 158, 115);
    public static readonly SKColor Other = new(213, 56, 40);

    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="subtitle">One line below the title.</param>
    /// <param name="headings">The names of the encoders.</param>
    /// <param name="rows">The images asked about; at least one.</param>
    public static void Save(string path, string subtitle, IReadOnlyList<string> headings, IReadOnlyList<NeighbourRow> rows)
    {
        int each = rows[0].Groups[0].Count;
        int group = (each * (Cell + Gap)) - Gap + GroupGap;
        float needed = Math.Max(FigureText.Width(subtitle, 15, bold: false), 0);
        int width = Math.Max((2 * Margin) + Cell + (group * headings.Count), (int)needed + (2 * Margin));
        int height = Top + (rows.Count * (Cell + CaptionHeight + Gap)) + Margin - Gap;
        using var figure = new FigureCanvas(width, height, Scale);
        SKCanvas canvas = figure.Canvas;
        FigureText.Draw(canvas, "Nearest images", Margin, Margin + 22, 26, bold: true, FigureColours.Text);
        FigureText.Draw(canvas, subtitle, Margin, Margin + 48, 15, bold: false, FigureColours.Caption);
        FigureText.Draw(canvas, "image", Margin, Top - 14, 15, bold: true, FigureColours.Text);
        for (int g = 0; g < headings.Count; g++)
        {
            FigureText.Draw(canvas, headings[g], GroupLeft(g), Top - 14, 15, bold: true, FigureColours.Text);
        }

        for (int r = 0; r < rows.Count; r++)
        {
            float top = Top + (r * (Cell + CaptionHeight + Gap));
            Draw(canvas, rows[r].Query, Margin, top, FigureText.Wrap(rows[r].Caption, 13, bold: false, Cell, 1)[0], null);
            for (int g = 0; g < headings.Count; g++)
            {
                for (int i = 0; i < rows[r].Groups[g].Count; i++)
                {
                    NeighbourImage near = rows[r].Groups[g][i];
                    Draw(canvas, near.Image, GroupLeft(g) + (i * (Cell + Gap)), top, near.Cosine.ToString("0.00", CultureInfo.InvariantCulture).Replace('-', '−'), near.IsSameClass);
                }
            }
        }

        figure.Save(path);

        float GroupLeft(int g) => Margin + Cell + GroupGap + (g * group);
    }

    private static void Draw(SKCanvas canvas, FigureImage image, float left, float top, string caption, bool? isSame)
    {
        SKRect place = SKRect.Create(left, top, Cell, Cell);
        image.Draw(canvas, place, Scale);
        if (isSame is { } same)
        {
            using var frame = new SKPaint { Color = same ? Same : Other, Style = SKPaintStyle.Stroke, StrokeWidth = 4, IsAntialias = true };
            place.Inflate(1, 1);
            canvas.DrawRect(place, frame);
        }

        FigureText.Draw(canvas, caption, left + (Cell / 2f), top + Cell + 17, 13, bold: false, FigureColours.Caption, SKTextAlign.Center);
    }
}
