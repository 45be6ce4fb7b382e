using System.Globalization;
using System.Text;
using NJepa.Evaluation;

namespace NJepa.Samples.Ablation.Reporting;

/// <summary>Writes a table for people.</summary>
internal static class MarkdownTable
{
    public static string Of(TableReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"## {report.Title}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.Question} ({report.Source})").AppendLine();
        if (report.MissingRuns > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"**Not finished: {report.MissingRuns} runs are still to come.**").AppendLine();
        }

        Figures(text, report);
        Differences(text, report);
        Gains(text, report);
        foreach (string line in report.Setting)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
        }

        return text.ToString();
    }

    private static void Figures(StringBuilder text, TableReport report)
    {
        Header(text, ["", .. report.Columns.Select(column => column.IsAccuracy ? $"{column.Name}, %" : column.Name), "learning rate", "seeds"]);
        foreach (ReportRow row in report.Rows)
        {
            Row(text, [row.Name, .. report.Columns.Select(column => Cell(row, column)), row.LearningRate?.ToString("0.#######", CultureInfo.InvariantCulture) ?? "", string.Join(", ", row.Seeds)]);
        }

        text.AppendLine().AppendLine("Mean over seeds and, where there are several, its 95 % interval by Student's t, which covers seeds and not the choice of test images.").AppendLine();
    }

    private static void Differences(StringBuilder text, TableReport report)
    {
        ReportRow[] others = [.. report.Rows.Where(row => !row.IsFloor && row != report.Reference)];
        if (report.Reference is not { } reference || others.Length == 0)
        {
            return;
        }

        ReportColumn[] columns = [.. report.Columns.Where(column => column.IsAccuracy)];
        Header(text, [$"against {reference.Name}, points", .. columns.Select(column => column.Name)]);
        var clear = new List<string>();
        foreach (ReportRow row in others)
        {
            RepeatedMeasurement?[] cells = [.. columns.Select(column => row.Over(reference, column.Name))];
            Row(text, [row.Name, .. cells.Select(Points)]);
            clear.AddRange(cells.Index().Where(cell => cell.Item?.MeanInterval is { } interval && (interval.Low > 0 || interval.High < 0))
                .Select(cell => $"{row.Name} in {columns[cell.Index].Name} ({(cell.Item!.Mean > 0 ? "better" : "worse")})"));
        }

        bool several = others.Any(row => row.Seeds.Count > 1);
        text.AppendLine().AppendLine(
            !several ? "With one seed nothing can be said about differences between arms."
            : clear.Count == 0 ? "Differences are taken seed by seed. No interval excludes zero: these runs do not tell the arms apart."
            : $"Differences are taken seed by seed. Intervals that exclude zero: {string.Join("; ", clear)}. Of twenty comparisons of equals one does so by chance.").AppendLine();
    }

    private static void Gains(StringBuilder text, TableReport report)
    {
        ReportColumn[] columns = [.. report.Columns.Where(column => column.IsAccuracy)];
        foreach (ReportRow floor in report.Rows.Where(row => row.IsFloor))
        {
            Header(text, [$"over {floor.Name}, points: least and most of all seeds", .. columns.Select(column => column.Name)]);
            foreach (ReportRow row in report.Rows.Where(row => !row.IsFloor))
            {
                Row(text, [row.Name, .. columns.Select(column => row.Over(floor, column.Name) is { } gain ? $"{Signed(gain.Values.Min())} to {Signed(gain.Values.Max())}" : "")]);
            }

            text.AppendLine();
        }
    }

    /// <summary>The interval of a mean accuracy, which cannot leave [0, 1].</summary>
    public static MeanInterval? Interval(RepeatedMeasurement accuracy) =>
        accuracy.MeanInterval is { } interval ? new MeanInterval(Math.Max(0, interval.Low), Math.Min(1, interval.High)) : null;

    private static string Cell(ReportRow row, ReportColumn column)
    {
        if (!row.Cells.TryGetValue(column.Name, out RepeatedMeasurement? cell))
        {
            return "";
        }

        double scale = column.IsAccuracy ? 100 : 1;
        string mean = (scale * cell.Mean).ToString("0.0", CultureInfo.InvariantCulture);
        return column.IsAccuracy && Interval(cell) is { } interval
            ? string.Create(CultureInfo.InvariantCulture, $"{mean} ({scale * interval.Low:0.0} to {scale * interval.High:0.0})")
            : mean;
    }

    private static string Points(RepeatedMeasurement? difference) => difference is null ? ""
        : difference.MeanInterval is { } interval ? $"{Signed(difference.Mean)} ({Signed(interval.Low)} to {Signed(interval.High)})"
        : Signed(difference.Mean);

    private static string Signed(double share) => (100 * share).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static void Header(StringBuilder text, string[] cells)
    {
        Row(text, cells);
        text.AppendLine(string.Concat(cells.Select((_, i) => i == 0 ? "|---|" : "---:|")));
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");
}
