using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>Where an encoder sees something like a chosen patch: cosines of patch features as a heat map over the image, untrained beside pretrained.</summary>
internal static class SimilarityFigure
{
    /// <summary>From cosine 0 (and below) to 1: dark to light, so that it reads without colour too.</summary>
    private static readonly SKColor[] Heat = [new(20, 14, 54), new(83, 20, 109), new(158, 42, 99), new(221, 81, 58), new(251, 155, 6), new(252, 245, 160)];

    // The image's brightness alone: its colours would mix with those of the map.
    private static readonly float[] Grey =
    [
        0.3f, 0.59f, 0.11f, 0, 0,
        0.3f, 0.59f, 0.11f, 0, 0,
        0.3f, 0.59f, 0.11f, 0, 0,
        0, 0, 0, 1, 0,
    ];

    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">One to about eight images.</param>
    public static void Save(string path, IReadOnlyList<ComparedPatch> images)
    {
        using var sheet = new ContactSheet(
            "Patch similarity",
            "How alike the encoder finds every patch of an image to the marked one: the cosine of their features, without the mean of the image.",
            images.Count,
            3,
            images[0].Image.Width,
            hasFooter: true);
        sheet.RowHeading(0, "Image", "and the patch", "asked about");
        sheet.RowHeading(1, "Before", "untrained", "encoder");
        sheet.RowHeading(2, "After", "pretrained", "encoder");
        for (int column = 0; column < images.Count; column++)
        {
            sheet.Image(images[column].Image, sheet.Cell(column, 0));
            Mark(sheet.Canvas, images[column], sheet.Cell(column, 0));
            DrawHeat(sheet, images[column], images[column].Before, sheet.Cell(column, 1));
            DrawHeat(sheet, images[column], images[column].After, sheet.Cell(column, 2));
        }

        DrawLegend(sheet);
        sheet.Save(path);
    }

    /// <summary>The colour of a cosine.</summary>
    public static SKColor Colour(float cosine)
    {
        float place = Math.Clamp(float.IsNaN(cosine) ? 0 : cosine, 0, 1) * (Heat.Length - 1);
        int low = Math.Min((int)place, Heat.Length - 2);
        float part = place - low;
        (SKColor from, SKColor to) = (Heat[low], Heat[low + 1]);
        return new SKColor(Mix(from.Red, to.Red), Mix(from.Green, to.Green), Mix(from.Blue, to.Blue));

        byte Mix(byte a, byte b) => (byte)Math.Round(a + ((b - a) * part));
    }

    private static void DrawHeat(ContactSheet sheet, ComparedPatch image, IReadOnlyList<float> cosines, SKRectI cell)
    {
        using SKColorFilter grey = SKColorFilter.CreateColorMatrix(Grey);
        using var plain = new SKPaint { ColorFilter = grey };
        sheet.Image(image.Image, cell, plain);
        using var paint = new SKPaint();
        for (int patch = 0; patch < image.Rows * image.Columns; patch++)
        {
            paint.Color = Colour(cosines[patch]).WithAlpha(165);
            sheet.Canvas.DrawRect(Patch(image, patch, cell), paint);
        }

        Mark(sheet.Canvas, image, cell);
    }

    private static void Mark(SKCanvas canvas, ComparedPatch image, SKRectI cell)
    {
        SKRect place = Patch(image, image.Patch, cell);
        using var dark = new SKPaint { Color = FigureColours.Text, Style = SKPaintStyle.Stroke, StrokeWidth = 4 };
        using var light = new SKPaint { Color = SKColors.White, Style = SKPaintStyle.Stroke, StrokeWidth = 2 };
        place.Inflate(1, 1);
        canvas.DrawRect(place, dark);
        canvas.DrawRect(place, light);
    }

    private static void DrawLegend(ContactSheet sheet)
    {
        const int Steps = 120;
        float left = ContactSheet.CellsLeft;
        left += sheet.Text("cosine 0 or less", left, sheet.FooterBaseline, 14, bold: false, FigureColours.Caption) + 12;
        for (int i = 0; i < Steps; i++)
        {
            using var paint = new SKPaint { Color = Colour(i / (Steps - 1f)) };
            sheet.Canvas.DrawRect(left + (2 * i), sheet.FooterBaseline - 12, 2, 14, paint);
        }

        sheet.Text("1: the same", left + (2 * Steps) + 12, sheet.FooterBaseline, 14, bold: false, FigureColours.Caption);
    }

    private static SKRect Patch(ComparedPatch image, int patch, SKRectI cell)
    {
        (int row, int column) = Math.DivRem(patch, image.Columns);
        return new SKRectI(
            cell.Left + (column * cell.Width / image.Columns),
            cell.Top + (row * cell.Height / image.Rows),
            cell.Left + ((column + 1) * cell.Width / image.Columns),
            cell.Top + ((row + 1) * cell.Height / image.Rows));
    }
}
