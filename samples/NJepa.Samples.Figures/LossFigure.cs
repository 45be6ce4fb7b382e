using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace NJepa.Samples.Figures;

/// <summary>The losses over the run: faint as measured, strong as smoothed.</summary>
internal static class LossFigure
{
    // Terms further apart than this would leave the smaller ones flat at the bottom of a linear axis.
    private const double LogarithmicFrom = 8;

    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="series">The losses, one line each.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static void Save(string path, IReadOnlyList<LossSeries> series, int width = 800, int height = 500)
    {
        FigureFonts.UseInPlots();
        LossSeries[] shown = [.. series.Where(s => s.Values.Any(double.IsFinite))];
        double[][] smoothed = [.. shown.Select(s => Smooth(s.Values))];
        bool logarithmic = IsLogarithmic(shown, smoothed);
        using var plot = new Plot();
        for (int i = 0; i < shown.Length; i++)
        {
            Color colour = Color.FromSKColor(FigureColours.Series(i));
            AddLine(plot, shown[i].Steps, shown[i].Values, logarithmic, colour.WithAlpha(0.22), 1, name: null);
            AddLine(plot, shown[i].Steps, smoothed[i], logarithmic, colour, 2.5f, shown[i].Name);
        }

        Style(plot, logarithmic);
        plot.SavePng(path, width, height);
    }

    private static void AddLine(Plot plot, IReadOnlyList<double> steps, IReadOnlyList<double> values, bool logarithmic, Color colour, float width, string? name)
    {
        int[] finite = [.. Enumerable.Range(0, values.Count).Where(i => double.IsFinite(values[i]) && (!logarithmic || values[i] > 0))];
        double[] x = [.. finite.Select(i => steps[i])];
        double[] y = [.. finite.Select(i => logarithmic ? Math.Log10(values[i]) : values[i])];
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(x, y, colour);
        line.LineWidth = width;
        if (name is not null)
        {
            line.LegendText = name;
        }
    }

    private static void Style(Plot plot, bool logarithmic)
    {
        Color text = Color.FromSKColor(FigureColours.Text);
        Color caption = Color.FromSKColor(FigureColours.Caption);
        plot.Title("Losses", 22);
        plot.Axes.Title.Label.ForeColor = text;
        plot.XLabel("training step", 15);
        plot.YLabel(logarithmic ? "loss (logarithmic)" : "loss", 15);
        plot.Axes.Margins(0.01, 0.06);
        foreach (IAxis axis in (IAxis[])[plot.Axes.Bottom, plot.Axes.Left])
        {
            axis.Label.Bold = false;
            axis.Label.ForeColor = text;
            axis.TickLabelStyle.FontSize = 13;
            axis.TickLabelStyle.ForeColor = caption;
            axis.FrameLineStyle.Color = caption;
            axis.MajorTickStyle.Color = caption;
            axis.MinorTickStyle.Color = Color.FromSKColor(FigureColours.HiddenGrid);
        }

        plot.Axes.Left.MinimumSize = 72;
        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Color.FromSKColor(FigureColours.Hidden);
        if (logarithmic)
        {
            plot.Axes.Left.TickGenerator = new NumericManual(LogarithmicTicks());
        }

        plot.Legend.FontSize = 14;
        plot.Legend.FontColor = text;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.TightHorizontalWrapping = true;
        plot.ShowLegend(Edge.Bottom);
    }

    /// <summary>1, 2 and 5 of every power of ten: a run rarely spans enough powers for these alone.</summary>
    private static Tick[] LogarithmicTicks() =>
    [
        .. from power in Enumerable.Range(-9, 14)
           from digit in (int[])[1, 2, 5]
           let value = digit * Math.Pow(10, power)
           select new Tick(Math.Log10(value), value.ToString("G3", CultureInfo.InvariantCulture)),
    ];

    private static bool IsLogarithmic(LossSeries[] series, double[][] smoothed)
    {
        double[] values = [.. smoothed.SelectMany(s => s).Where(double.IsFinite)];
        return values.Length > 0 && series.All(s => s.Values.All(v => !double.IsFinite(v) || v > 0)) && values.Max() / values.Min() > LogarithmicFrom;
    }

    /// <summary>A bell-shaped average over neighbouring steps, about a fiftieth of the run to either side: unlike a running one it does not lag.</summary>
    private static double[] Smooth(IReadOnlyList<double> values)
    {
        double deviation = Math.Max(0.01, values.Count / 100.0);
        int reach = (int)Math.Ceiling(3 * deviation);
        var smoothed = new double[values.Count];
        for (int i = 0; i < values.Count; i++)
        {
            double sum = 0;
            double weights = 0;
            for (int j = Math.Max(0, i - reach); j <= Math.Min(values.Count - 1, i + reach); j++)
            {
                double distance = (j - i) / deviation;
                double weight = double.IsFinite(values[j]) ? Math.Exp(-0.5 * distance * distance) : 0;
                sum += weight > 0 ? weight * values[j] : 0;
                weights += weight;
            }

            smoothed[i] = weights > 0 ? sum / weights : double.NaN;
        }

        return smoothed;
    }
}
