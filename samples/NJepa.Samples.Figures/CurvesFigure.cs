using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>Values over the run, such as accuracies over epochs: a line for each, named at its end, and dashed lines for what they are compared with.</summary>
internal static class CurvesFigure
{
    private const int Scale = 2;
    private const float Width = 800;
    private const float Height = 480;
    private const float Margin = 32;
    private const float NameSize = 14;
    private const float LineHeight = 20;

    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">Its title.</param>
    /// <param name="horizontal">What the curves go along.</param>
    /// <param name="vertical">What the values are, with their unit.</param>
    /// <param name="curves">The lines.</param>
    /// <param name="references">Values to compare with, as dashed lines; null for none.</param>
    public static void Save(string path, string title, string horizontal, string vertical, IReadOnlyList<Curve> curves, IReadOnlyList<ReferenceLine>? references = null)
    {
        ReferenceLine[] lines = [.. (references ?? []).Where(line => double.IsFinite(line.Value))];
        double[] values = [.. curves.SelectMany(curve => curve.Y).Concat(lines.Select(line => line.Value)).Where(double.IsFinite)];
        double[] places = [.. curves.SelectMany(curve => curve.X)];
        var down = new AxisScale(values.Length > 0 ? values : [0, 1], 6);
        var along = new AxisScale(places.Length > 0 ? places : [0, 1], 8, margin: 0, leastStep: places.All(double.IsInteger) ? 1 : 0);
        List<Name> names = Names(curves, lines, down);
        float nameWidth = names.Select(name => name.Width).DefaultIfEmpty(0).Max();
        float tickWidth = down.Ticks().Max(tick => FigureText.Width(down.Text(tick, 0), 13, bold: false));
        var plot = new SKRect(Margin + tickWidth + 12, Margin + 74, Width - Margin - nameWidth - 18, Height - Margin - 50);
        using var figure = new FigureCanvas((int)Width, (int)Height, Scale);
        FigureText.Draw(figure.Canvas, title, Margin, Margin + 22, 24, bold: true, FigureColours.Text);
        FigureText.Draw(figure.Canvas, vertical, Margin, Margin + 48, 15, bold: false, FigureColours.Text);
        FigureText.Draw(figure.Canvas, horizontal, plot.MidX, plot.Bottom + 46, 15, bold: false, FigureColours.Text, SKTextAlign.Center);
        DrawAxes(figure.Canvas, plot, along, down);
        DrawReferences(figure.Canvas, plot, down, lines);
        for (int i = 0; i < curves.Count; i++)
        {
            DrawCurve(figure.Canvas, plot, along, down, curves[i], FigureColours.Series(i));
        }

        DrawNames(figure.Canvas, plot, down, names);
        figure.Save(path);
    }

    private static float Across(SKRect plot, AxisScale axis, double value) => plot.Left + (plot.Width * (float)axis.Place(value));

    private static float Upwards(SKRect plot, AxisScale axis, double value) => plot.Bottom - (plot.Height * (float)axis.Place(value));

    private static void DrawAxes(SKCanvas canvas, SKRect plot, AxisScale along, AxisScale down)
    {
        using var grid = new SKPaint { Color = FigureColours.Hidden, StrokeWidth = 1, IsAntialias = true };
        using var line = new SKPaint { Color = FigureColours.Caption, StrokeWidth = 1, IsAntialias = true };
        foreach (double tick in down.Ticks())
        {
            float y = Upwards(plot, down, tick);
            canvas.DrawLine(plot.Left, y, plot.Right, y, grid);
            FigureText.Draw(canvas, down.Text(tick, 0), plot.Left - 10, y + 5, 13, bold: false, FigureColours.Caption, SKTextAlign.Right);
        }

        foreach (double tick in along.Ticks())
        {
            float x = Across(plot, along, tick);
            canvas.DrawLine(x, plot.Bottom, x, plot.Bottom + 5, line);
            FigureText.Draw(canvas, along.Text(tick, 0), x, plot.Bottom + 21, 13, bold: false, FigureColours.Caption, SKTextAlign.Center);
        }

        canvas.DrawLine(plot.Left, plot.Bottom, plot.Right, plot.Bottom, line);
    }

    private static void DrawReferences(SKCanvas canvas, SKRect plot, AxisScale down, ReferenceLine[] lines)
    {
        using SKPathEffect dashes = SKPathEffect.CreateDash([6, 5], 0);
        using var paint = new SKPaint { Color = FigureColours.Caption, StrokeWidth = 1.5f, IsAntialias = true, PathEffect = dashes, Style = SKPaintStyle.Stroke };
        foreach (ReferenceLine reference in lines)
        {
            float y = Upwards(plot, down, reference.Value);
            canvas.DrawLine(plot.Left, y, plot.Right, y, paint);
        }
    }

    private static void DrawCurve(SKCanvas canvas, SKRect plot, AxisScale along, AxisScale down, Curve curve, SKColor colour)
    {
        using var stroke = new SKPaint { Color = colour, StrokeWidth = 2.5f, StrokeCap = SKStrokeCap.Round, IsAntialias = true };
        using var fill = new SKPaint { Color = colour, IsAntialias = true };
        SKPoint? before = null;
        for (int i = 0; i < curve.Y.Count; i++)
        {
            if (!double.IsFinite(curve.Y[i]))
            {
                before = null;
                continue;
            }

            var point = new SKPoint(Across(plot, along, curve.X[i]), Upwards(plot, down, curve.Y[i]));
            if (before is { } last)
            {
                canvas.DrawLine(last, point, stroke);
            }

            canvas.DrawCircle(point, curve.Y.Count > 60 ? 1.5f : 4, fill);
            before = point;
        }
    }

    /// <summary>Names with values at the right edge, moved apart where they would touch.</summary>
    private static void DrawNames(SKCanvas canvas, SKRect plot, AxisScale down, List<Name> names)
    {
        Name[] sorted = [.. names.OrderByDescending(name => name.Value)];
        float[] y = [.. sorted.Select(name => Upwards(plot, down, name.Value))];
        for (int i = 1; i < y.Length; i++)
        {
            y[i] = Math.Max(y[i], y[i - 1] + LineHeight);
        }

        for (int i = y.Length - 1; i >= 0; i--)
        {
            y[i] = Math.Min(y[i], i == y.Length - 1 ? plot.Bottom : y[i + 1] - LineHeight);
        }

        for (int i = 0; i < y.Length; i++)
        {
            FigureText.Draw(canvas, sorted[i].Text, plot.Right + 18, y[i] + 5, NameSize, sorted[i].Bold, sorted[i].Colour);
        }
    }

    private static List<Name> Names(IReadOnlyList<Curve> curves, ReferenceLine[] lines, AxisScale down)
    {
        var names = new List<Name>();
        for (int i = 0; i < curves.Count; i++)
        {
            if (curves[i].Y.LastOrDefault(double.IsFinite, double.NaN) is double last && double.IsFinite(last))
            {
                names.Add(new Name($"{curves[i].Name} {down.Text(last, 1)}", last, FigureColours.Series(i), true));
            }
        }

        names.AddRange(lines.Select(line => new Name($"{line.Label} {down.Text(line.Value, 1)}", line.Value, FigureColours.Caption, false)));
        return names;
    }

    private sealed record Name(string Text, double Value, SKColor Colour, bool Bold)
    {
        public float Width => FigureText.Width(Text, NameSize, Bold);
    }
}
