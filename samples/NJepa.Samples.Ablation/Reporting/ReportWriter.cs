using System.Text.Json;
using NJepa.Evaluation;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Tables;
using NJepa.Samples.Figures;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Reporting;

/// <summary>Makes tables from finished runs and writes each as Markdown, JSON and charts.</summary>
internal sealed class ReportWriter(AblationOptions options, RunStore store, Floors floors, LowShotRuns lowShot, ConfigurationLines configuration)
{
    private const string Knn = "kNN", Linear = "linear probe", Logistic = "logistic regression", RankMe = "RankMe", TheOtherKnn = "kNN, other encoder", TheOtherLinear = "linear probe, other encoder";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly ReportColumn[] Columns =
    [
        new(Knn, IsAccuracy: true, IsCharted: true), new(Linear, IsAccuracy: true, IsCharted: true), new(Logistic, IsAccuracy: true, IsCharted: false), new(TheOtherKnn, IsAccuracy: true, IsCharted: false),
        new(TheOtherLinear, IsAccuracy: true, IsCharted: false), new(RankMe, IsAccuracy: false, IsCharted: false),
    ];

    /// <summary>Writes tables, each into files of its own; when they are complete, all finished tables of the folder become <c>results.md</c>, those of earlier commands too.</summary>
    /// <returns>The files, with what is in each.</returns>
    public IReadOnlyList<(string Name, string What)> Write(IReadOnlyList<AblationTable> tables, bool complete, CancellationToken cancellationToken)
    {
        var files = new List<(string Name, string What)>();
        foreach (AblationTable table in tables)
        {
            IReadOnlyList<string> setting = configuration.Of(table, Chosen);
            TableReport report = table.IsLowShot ? lowShot.Report(table, Chosen, setting, cancellationToken) : Report(table, setting, cancellationToken);
            WholeFile.Write(PathOf($"{table.Name}.md"), MarkdownTable.Of(report));
            WholeFile.Write(PathOf($"{table.Name}.json"), JsonSerializer.Serialize(report, Json));
            files.Add(($"{table.Name}.md", table.Title));
            files.Add(($"{table.Name}.json", "the same with every seed"));
            foreach (ReportColumn column in report.Columns.Where(column => column.IsCharted))
            {
                string name = $"{table.Name}-{column.Name.Replace(" ", "-", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal).Replace("%", "percent", StringComparison.Ordinal)}.png";
                Chart(report, column, PathOf(name));
                files.Add((name, $"chart: {column.Name}"));
            }
        }

        if (complete)
        {
            AblationTable[] finished = [.. TableList.All.Where(table => tables.Contains(table) || IsFinished(table))];
            WholeFile.Write(PathOf("results.md"), $"# Results\n\n{string.Concat(finished.Select(table => File.ReadAllText(PathOf($"{table.Name}.md")) + '\n'))}");
            files.Insert(0, ("results.md", $"all finished tables in this folder: {string.Join(", ", finished.Select(table => table.Name))}"));
        }

        return files;
    }

    /// <summary>The finished runs of an arm: with the learning rate that did best on the validation part, over the seeds that every rate has.</summary>
    public IReadOnlyList<RunResult> Chosen(Arm arm)
    {
        List<RunResult>[] byRate =
        [
            .. options.LearningRates.Select(rate => options.Seeds.Select(seed => store.Find(new RunKey(arm.Id, rate, seed))).OfType<RunResult>().ToList()).Where(runs => runs.Count > 0),
        ];
        if (byRate.Length == 0)
        {
            return [];
        }

        ulong[] common = [.. options.Seeds.Where(seed => byRate.All(runs => runs.Any(run => run.Key.Seed == seed)))];
        return byRate.MaxBy(runs => common.Length == 0 ? runs.Count : runs.Where(run => common.Contains(run.Key.Seed)).Average(run => run.Diverged ? 0 : Judged(run).ValidationAccuracy))!;
    }

    private TableReport Report(AblationTable table, IReadOnlyList<string> setting, CancellationToken cancellationToken)
    {
        var rows = new List<ReportRow>
        {
            Row("raw pixels", true, null, [], [floors.Pixels(cancellationToken)], null),
            Row("untrained", true, null, options.Seeds, [.. options.Seeds.Select(seed => floors.Untrained(seed, cancellationToken).Student)], null),
        };
        foreach (Arm arm in table.Arms)
        {
            IReadOnlyList<RunResult> runs = Chosen(arm);
            if (runs.Count > 0)
            {
                rows.Add(Row(NameOf(arm, runs), false, runs[0].Key.LearningRate, [.. runs.Select(run => run.Key.Seed)], [.. runs.Select(Judged)], [.. runs.Select(Other)]));
            }
        }

        int missing = table.Arms.Count * options.Seeds.Count * options.LearningRates.Count
            - table.Arms.Sum(arm => options.LearningRates.Sum(rate => options.Seeds.Count(seed => store.Find(new RunKey(arm.Id, rate, seed)) is not null)));
        return new(table.Name, table.Title, table.Question, table.Source, setting, Columns, rows) { MissingRuns = missing };
    }

    private static string NameOf(Arm arm, IReadOnlyList<RunResult> runs) =>
        runs.Any(run => run.Diverged) ? $"{arm.Name} (diverged with seed {string.Join(", ", runs.Where(run => run.Diverged).Select(run => run.Key.Seed))})" : arm.Name;

    private EncoderResult Judged(RunResult run) => options.Encoder == ProbedEncoder.Student ? run.Student : run.Teacher;

    private EncoderResult Other(RunResult run) => options.Encoder == ProbedEncoder.Student ? run.Teacher : run.Student;

    private static ReportRow Row(string name, bool isFloor, double? rate, IReadOnlyList<ulong> seeds, EncoderResult[] judged, EncoderResult[]? others)
    {
        var cells = new Dictionary<string, RepeatedMeasurement>
        {
            [Knn] = Measured(judged, result => result.NearestNeighbours.Accuracy),
            [Linear] = Measured(judged, result => result.LinearProbe.Accuracy),
            [Logistic] = Measured(judged, result => result.LogisticRegression.Accuracy),
        };
        if (judged.All(result => result.Collapse is not null))
        {
            cells[RankMe] = Measured(judged, result => result.Collapse!.RankMe);
        }

        if (others is not null)
        {
            cells[TheOtherKnn] = Measured(others, result => result.NearestNeighbours.Accuracy);
            cells[TheOtherLinear] = Measured(others, result => result.LinearProbe.Accuracy);
        }

        return new(name, isFloor, seeds, rate, cells);
    }

    private static RepeatedMeasurement Measured(EncoderResult[] results, Func<EncoderResult, double> measure) => new([.. results.Select(measure)]);

    private string PathOf(string name) => Path.Combine(options.Output, name);

    /// <summary>Whether an earlier command has left a table that lacks no run.</summary>
    private bool IsFinished(AblationTable table) =>
        File.Exists(PathOf($"{table.Name}.json")) && File.Exists(PathOf($"{table.Name}.md")) && WholeFile.TryRead<Finish>(PathOf($"{table.Name}.json"), out _) is { MissingRuns: 0 };

    private static void Chart(TableReport report, ReportColumn column, string path)
    {
        Bar[] bars = [.. report.Rows.Where(row => !row.IsFloor && row.Cells.ContainsKey(column.Name)).Select(row => BarOf(row.Name, row.Cells[column.Name]))];
        ReferenceLine[] lines = [.. report.Rows.Where(row => row.IsFloor && row.Cells.ContainsKey(column.Name)).Select(row => new ReferenceLine(row.Name, 100 * row.Cells[column.Name].Mean))];
        if (bars.Length > 0)
        {
            WholeFile.Replace(path, beside => BarsFigure.Save(beside, report.Title, $"{column.Name}, %", bars, lines));
        }
    }

    private static Bar BarOf(string name, RepeatedMeasurement cell) => new(
        name, 100 * cell.Mean, 100 * (MarkdownTable.Interval(cell)?.Low ?? double.NaN), 100 * (MarkdownTable.Interval(cell)?.High ?? double.NaN), [.. cell.Values.Select(value => 100 * value)]);

    private sealed record Finish(int MissingRuns);
}
