using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>What the student sees of some images and what it has to predict.</summary>
internal static class MaskFigure
{
    // Blends each colour with white after removing most of its hue: the place is still recognisable, the targets stand out.
    private static readonly float[] Faded =
    [
        0.18f, 0.17f, 0.05f, 0, 0.58f,
        0.08f, 0.27f, 0.05f, 0, 0.58f,
        0.08f, 0.17f, 0.15f, 0, 0.58f,
        0, 0, 0, 1, 0,
    ];

    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">One to about eight images.</param>
    public static void Save(string path, IReadOnlyList<MaskedImage> images)
    {
        MaskedImage first = images[0];
        int blocks = images.Max(image => image.Targets.Count);
        string subtitle = $"{first.Rows} × {first.Columns} patches; the student reads {Range(images.Select(i => i.Context.Count))} of them "
            + $"and predicts the teacher’s features of {blocks} target block{(blocks == 1 ? "" : "s")}.";
        using var sheet = new ContactSheet("Masks", subtitle, images.Count, 3, first.Image.Width, hasFooter: true);
        sheet.RowHeading(0, "Image");
        sheet.RowHeading(1, "Context", "what the student", "sees");
        sheet.RowHeading(2, "Targets", "what the predictors", "have to fill in");
        for (int column = 0; column < images.Count; column++)
        {
            sheet.Image(images[column].Image, sheet.Cell(column, 0));
            DrawContext(sheet, images[column], sheet.Cell(column, 1));
            DrawTargets(sheet, images[column], sheet.Cell(column, 2));
        }

        DrawLegend(sheet, blocks);
        sheet.Save(path);
    }

    private static void DrawContext(ContactSheet sheet, MaskedImage image, SKRectI cell)
    {
        using var hidden = new SKPaint { Color = FigureColours.Hidden };
        using var line = new SKPaint { Color = FigureColours.HiddenGrid, Style = SKPaintStyle.Stroke, StrokeWidth = 1 };
        sheet.Canvas.DrawRect(cell, hidden);
        for (int patch = 0; patch < image.Rows * image.Columns; patch++)
        {
            SKRectI place = Patch(image, cell, patch);
            sheet.Canvas.DrawRect(place.Left + 0.5f, place.Top + 0.5f, place.Width, place.Height, line);
        }

        using SKRegion visible = Region(image, cell, image.Context);
        sheet.Canvas.Save();
        sheet.Canvas.ClipRegion(visible);
        sheet.Image(image.Image, cell);
        sheet.Canvas.Restore();
    }

    private static void DrawTargets(ContactSheet sheet, MaskedImage image, SKRectI cell)
    {
        using SKColorFilter filter = SKColorFilter.CreateColorMatrix(Faded);
        using var faded = new SKPaint { ColorFilter = filter };
        sheet.Image(image.Image, cell, faded);
        using SKRegion all = Region(image, cell, [.. image.Targets.SelectMany(block => block)]);
        sheet.Canvas.Save();
        sheet.Canvas.ClipRegion(all);
        sheet.Image(image.Image, cell);
        sheet.Canvas.Restore();
        for (int block = 0; block < image.Targets.Count; block++)
        {
            Outline(sheet.Canvas, image, cell, block);
        }
    }

    private static void Outline(SKCanvas canvas, MaskedImage image, SKRectI cell, int block)
    {
        using SKRegion region = Region(image, cell, image.Targets[block]);
        using var stroke = new SKPaint { Color = FigureColours.Series(block), Style = SKPaintStyle.Stroke, StrokeWidth = 3, IsAntialias = true };
        if (region.IsRect)
        {
            // Edges that blocks share would hide each other: each block's outline lies a little further in than the last one's.
            SKRect frame = region.Bounds;
            float inset = 1.5f + (2 * block);
            frame.Inflate(-inset, -inset);
            canvas.DrawRect(frame, stroke);
            return;
        }

        // Half of a centred stroke falls outside; clipping leaves the other half of one twice as wide.
        using SKPath boundary = region.GetBoundaryPath();
        stroke.StrokeWidth *= 2;
        canvas.Save();
        canvas.ClipRegion(region);
        canvas.DrawPath(boundary, stroke);
        canvas.Restore();
    }

    private static void DrawLegend(ContactSheet sheet, int blocks)
    {
        float x = ContactSheet.CellsLeft;
        for (int block = 0; block < blocks; block++)
        {
            using var fill = new SKPaint { Color = FigureColours.Series(block), IsAntialias = true };
            sheet.Canvas.DrawRoundRect(x, sheet.FooterBaseline - 12, 14, 14, 3, 3, fill);
            x += 22 + sheet.Text($"target {block + 1}", x + 22, sheet.FooterBaseline, 14, bold: false, FigureColours.Caption) + 24;
        }
    }

    private static SKRegion Region(MaskedImage image, SKRectI cell, IReadOnlyList<int> patches)
    {
        var region = new SKRegion();
        foreach (int patch in patches)
        {
            region.Op(Patch(image, cell, patch), SKRegionOperation.Union);
        }

        return region;
    }

    private static SKRectI Patch(MaskedImage image, SKRectI cell, int patch)
    {
        (int row, int column) = Math.DivRem(patch, image.Columns);
        return new SKRectI(
            cell.Left + (column * cell.Width / image.Columns),
            cell.Top + (row * cell.Height / image.Rows),
            cell.Left + ((column + 1) * cell.Width / image.Columns),
            cell.Top + ((row + 1) * cell.Height / image.Rows));
    }

    private static string Range(IEnumerable<int> counts)
    {
        int[] all = [.. counts];
        return all.Min() == all.Max() ? $"{all.Min()}" : $"{all.Min()}–{all.Max()}";
    }
}
