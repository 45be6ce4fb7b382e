using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>
/// Groups of values side by side: a row for each, with its mean as a dot, its error bar, and the single values as small dots. Dots and not bars: their axis need not begin at 0, and
/// the differences are what is looked at.
/// </summary>
internal static class BarsFigure
{
    private const int Scale = 2;
    private const float Width = 900;
    private const float Margin = 32;
    private const float LabelSize = 15;
    private const float MostLabelWidth = 300;
    private const float ValueColumn = 128;
    private const float RowHeight = 44;
    private const float ReferenceHeight = 20;
    private const int Ticks = 7;

    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">Its title.</param>
    /// <param name="axisLabel">What the values are, with their unit.</param>
    /// <param name="bars">The rows, from the top; at least one.</param>
    /// <param name="references">Values to compare with, as vertical lines; null for none.</param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public static void Save(string path, string title, string axisLabel, IReadOnlyList<Bar> bars, IReadOnlyList<ReferenceLine>? references = null)
    {
        if (bars.Count == 0)
        {
            throw new ArgumentException("The figure has no rows; give it at least one.", nameof(bars));
        }

        ReferenceLine[] lines = [.. (references ?? []).Where(line => double.IsFinite(line.Value)).OrderBy(line => line.Value)];
        double[] values = [.. bars.SelectMany(bar => bar.Numbers), .. lines.Select(line => line.Value)];
        var axis = new AxisScale(values.Length > 0 ? values : [0, 1], Ticks);
        IReadOnlyList<string>[] labels = [.. bars.Select(bar => FigureText.Wrap(bar.Label, LabelSize, bold: true, MostLabelWidth, 2))];
        float labelWidth = labels.SelectMany(label => label).Max(line => FigureText.Width(line, LabelSize, bold: true));
        IReadOnlyList<string> titles = FigureText.Wrap(title, 24, bold: true, Width - (2 * Margin), 2);
        float plotLeft = Margin + labelWidth + 24, plotRight = Width - Margin - ValueColumn;
        (float X, int Level)[] places = Places(lines, line => plotLeft + ((plotRight - plotLeft) * (float)axis.Place(line)), plotLeft, plotRight);
        int levels = places.Length == 0 ? 0 : 1 + places.Max(place => place.Level);
        float top = Margin + (30 * titles.Count) + 16 + (levels * ReferenceHeight);
        var plot = new SKRect(plotLeft, top, plotRight, top + (bars.Count * RowHeight));
        using var figure = new FigureCanvas((int)Width, (int)(plot.Bottom + 64 + Margin - 8), Scale);
        for (int i = 0; i < titles.Count; i++)
        {
            FigureText.Draw(figure.Canvas, titles[i], Margin, Margin + 22 + (30 * i), 24, bold: true, FigureColours.Text);
        }

        DrawAxis(figure.Canvas, plot, axis, axisLabel);
        DrawReferences(figure.Canvas, plot, axis, lines, places);
        for (int row = 0; row < bars.Count; row++)
        {
            float middle = plot.Top + ((row + 0.5f) * RowHeight);
            DrawLabel(figure.Canvas, labels[row], plot.Left - 24, middle);
            DrawRow(figure.Canvas, plot, axis, bars[row], middle);
        }

        figure.Save(path);
    }

    private static float At(SKRect plot, AxisScale axis, double value) => plot.Left + (plot.Width * (float)axis.Place(value));

    private static void DrawAxis(SKCanvas canvas, SKRect plot, AxisScale axis, string label)
    {
        using var grid = new SKPaint { Color = FigureColours.Hidden, StrokeWidth = 1, IsAntialias = true };
        using var line = new SKPaint { Color = FigureColours.Caption, StrokeWidth = 1, IsAntialias = true };
        foreach (double tick in axis.Ticks())
        {
            float x = At(plot, axis, tick);
            canvas.DrawLine(x, plot.Top, x, plot.Bottom, grid);
            canvas.DrawLine(x, plot.Bottom, x, plot.Bottom + 5, line);
            FigureText.Draw(canvas, axis.Text(tick, 0), x, plot.Bottom + 21, 13, bold: false, FigureColours.Caption, SKTextAlign.Center);
        }

        canvas.DrawLine(plot.Left, plot.Bottom, plot.Right, plot.Bottom, line);
        FigureText.Draw(canvas, label, plot.MidX, plot.Bottom + 48, 15, bold: false, FigureColours.Text, SKTextAlign.Center);
    }

    private static void DrawReferences(SKCanvas canvas, SKRect plot, AxisScale axis, ReferenceLine[] lines, (float X, int Level)[] places)
    {
        using SKPathEffect dashes = SKPathEffect.CreateDash([5, 4], 0);
        using var paint = new SKPaint { Color = FigureColours.Caption, StrokeWidth = 1.5f, IsAntialias = true, PathEffect = dashes, Style = SKPaintStyle.Stroke };
        for (int i = 0; i < lines.Length; i++)
        {
            float x = At(plot, axis, lines[i].Value);
            canvas.DrawLine(x, Baseline(i) + 4, x, plot.Bottom, paint);
        }

        // After all lines: one that comes down from a higher name makes way for a lower one.
        using var behind = new SKPaint { Color = FigureColours.Background };
        for (int i = 0; i < lines.Length; i++)
        {
            float half = (FigureText.Width(lines[i].Label, 13, bold: false) / 2) + 3;
            canvas.DrawRect(new SKRect(places[i].X - half, Baseline(i) - 13, places[i].X + half, Baseline(i) + 4), behind);
            FigureText.Draw(canvas, lines[i].Label, places[i].X, Baseline(i), 13, bold: false, FigureColours.Caption, SKTextAlign.Center);
        }

        float Baseline(int i) => plot.Top - 8 - (ReferenceHeight * places[i].Level);
    }

    /// <summary>Where the names of lines stand: above their line, moved inwards at the edges, and one level higher where they would touch another name.</summary>
    private static (float X, int Level)[] Places(ReferenceLine[] lines, Func<double, float> at, float left, float right)
    {
        var ends = new List<float>();
        var places = new (float X, int Level)[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            float half = FigureText.Width(lines[i].Label, 13, bold: false) / 2;
            float x = Math.Max(Math.Min(at(lines[i].Value), right + ValueColumn - half), left - 60 + half);
            int level = ends.FindIndex(end => end < x - half);
            if (level < 0)
            {
                level = ends.Count;
                ends.Add(0);
            }

            ends[level] = x + half + 14;
            places[i] = (x, level);
        }

        return places;
    }

    private static void DrawLabel(SKCanvas canvas, IReadOnlyList<string> lines, float right, float middle)
    {
        float baseline = middle + 5 - ((lines.Count - 1) * 9);
        foreach (string line in lines)
        {
            FigureText.Draw(canvas, line, right, baseline, LabelSize, bold: true, FigureColours.Text, SKTextAlign.Right);
            baseline += 18;
        }
    }

    private static void DrawRow(SKCanvas canvas, SKRect plot, AxisScale axis, Bar bar, float middle)
    {
        SKColor colour = FigureColours.Series(0);
        using var stroke = new SKPaint { Color = colour, StrokeWidth = 2.5f, StrokeCap = SKStrokeCap.Round, IsAntialias = true };
        using var fill = new SKPaint { Color = colour, IsAntialias = true };
        using var point = new SKPaint { Color = FigureColours.Series(1).WithAlpha(150), IsAntialias = true };
        float textLeft = plot.Right + 20;
        if (!double.IsFinite(bar.Value))
        {
            FigureText.Draw(canvas, "no value", textLeft, middle + 5, 13, bold: false, FigureColours.Caption);
            return;
        }

        if (bar.HasInterval)
        {
            float low = At(plot, axis, bar.Low), high = At(plot, axis, bar.High);
            canvas.DrawLine(low, middle, high, middle, stroke);
            canvas.DrawLine(low, middle - 6, low, middle + 6, stroke);
            canvas.DrawLine(high, middle - 6, high, middle + 6, stroke);
        }

        canvas.DrawCircle(At(plot, axis, bar.Value), middle, 6.5f, fill);
        foreach (double value in bar.Points.Where(double.IsFinite))
        {
            // Below the error bar, which they would hide.
            canvas.DrawCircle(At(plot, axis, value), middle + 13, 3.5f, point);
        }

        string interval = bar.HasInterval ? $"{axis.Text(bar.Low, 1)} to {axis.Text(bar.High, 1)}" : "";
        FigureText.Draw(canvas, axis.Text(bar.Value, 1), textLeft, middle + (bar.HasInterval ? -1 : 5), 15, bold: true, FigureColours.Text);
        FigureText.Draw(canvas, interval, textLeft, middle + 16, 12, bold: false, FigureColours.Caption);
    }
}
