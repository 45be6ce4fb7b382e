using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NJepa.Evaluation;

/// <summary>
/// Evaluations side by side: trained features over the floors they must beat, the untrained encoder and raw pixels. Prints as Markdown and serialises to JSON.
/// </summary>
/// <param name="Entries">The rows, in the order in which they are printed. Names differ.</param>
public sealed record EvaluationReport(IReadOnlyList<EvaluationEntry> Entries)
{
    /// <summary>The gain of each row over each floor, by each method that both have, with its interval; see <see cref="WithGains"/>.</summary>
    /// <value>Default: none. Then the table has plain differences without intervals.</value>
    public IReadOnlyList<AccuracyGain> Gains { get; init; } = [];

    /// <summary>The gains in plain words: whether the features are better than the floors beyond chance. Empty without <see cref="Gains"/>.</summary>
    public IReadOnlyList<string> Conclusions => Verdict.Sentences(Gains);

    /// <summary>Whether every method finds every row better than every floor, beyond chance; null without <see cref="Gains"/>.</summary>
    public bool? IsBetterThanFloors => Gains.Count == 0 ? null : Gains.All(gain => gain.IsBeyondChance);

    /// <summary>Reads a report back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <returns>The report.</returns>
    /// <exception cref="JsonException">The text is not a report.</exception>
    public static EvaluationReport FromJson(string json) =>
        JsonSerializer.Deserialize<EvaluationReport>(json, EvaluationJson.Options) ?? throw new JsonException("The text is 'null'; expected an evaluation report.");

    /// <summary>The report with <see cref="Gains"/>: each row is compared with each floor, image by image.</summary>
    /// <returns>A report with the same rows.</returns>
    /// <exception cref="ArgumentException">Rows that have a method in common were not evaluated on the same test images, or a result was read from JSON.</exception>
    public EvaluationReport WithGains()
    {
        var gains = new List<AccuracyGain>();
        foreach (EvaluationEntry entry in Entries.Where(entry => !entry.IsFloor))
        {
            foreach (EvaluationEntry floor in Floors)
            {
                gains.AddRange(entry.Results.Where(result => Result(floor, result.Method) is not null)
                    .Select(result => AccuracyGain.Between(entry.Name, result, floor.Name, Result(floor, result.Method)!)));
            }
        }

        return this with { Gains = gains };
    }

    /// <summary>The report as indented JSON, confusion matrices and derived figures included.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Options);

    /// <summary>
    /// A table with one row for each entry: accuracies with their 95 % intervals, the gain over each floor in points, and the collapse measures; below it what that means.
    /// </summary>
    public string ToMarkdown()
    {
        string[] methods = [.. Entries.SelectMany(entry => entry.Results).Select(result => result.Method).Distinct()];
        bool collapse = Entries.Any(entry => entry.Collapse is not null);
        var text = new StringBuilder("| features |");
        text.Append(string.Concat(methods.Select(method => $" {Percent.Cell(method)} |")));
        text.AppendLine(collapse ? " RankMe | centred RankMe | feature std | mean cosine |" : "");
        text.Append("|---|").Append(string.Concat(methods.Select(_ => "---:|"))).AppendLine(collapse ? "---:|---:|---:|---:|" : "");
        foreach (EvaluationEntry entry in Entries)
        {
            AppendRow(text, entry.Name, methods.Select(method => Result(entry, method) is { } result ? Percent.WithInterval(result) : "-"), collapse ? Measures(entry) : "");
        }

        foreach (EvaluationEntry entry in Entries.Where(entry => !entry.IsFloor))
        {
            foreach (EvaluationEntry floor in Floors)
            {
                AppendRow(text, $"{entry.Name} over {floor.Name}, points", methods.Select(method => GainCell(entry, floor, method)), collapse ? "  |  |  |  |" : "");
            }
        }

        text.AppendLine().AppendLine(Caption());
        if (Conclusions.Count > 0)
        {
            text.AppendLine().AppendJoin(Environment.NewLine, Conclusions.Select(sentence => $"- {sentence}")).AppendLine();
        }

        return text.ToString();
    }

    /// <summary>The table of <see cref="ToMarkdown"/>.</summary>
    public override string ToString() => ToMarkdown();

    private IEnumerable<EvaluationEntry> Floors => Entries.Where(entry => entry.IsFloor);

    private static void AppendRow(StringBuilder text, string name, IEnumerable<string> cells, string rest) =>
        text.Append(CultureInfo.InvariantCulture, $"| {Percent.Cell(name)} |").Append(string.Concat(cells.Select(cell => $" {cell} |"))).AppendLine(rest);

    private static string Measures(EvaluationEntry entry) => entry.Collapse is { } c
        ? string.Create(CultureInfo.InvariantCulture, $" {c.RankMe:0.0} of {c.Width} | {c.CentredRankMe:0.0} of {c.Width} | {c.FeatureStandardDeviation:0.000} | {c.MeanPairwiseCosine:0.00} |")
        : " - | - | - | - |";

    private static ClassificationResult? Result(EvaluationEntry entry, string method) => entry.Results.FirstOrDefault(result => result.Method == method);

    private string GainCell(EvaluationEntry entry, EvaluationEntry floor, string method) =>
        Gains.FirstOrDefault(gain => gain.Name == entry.Name && gain.Floor == floor.Name && gain.Method == method) is { } paired ? paired.ToString()
        : Result(entry, method) is { } high && Result(floor, method) is { } low ? Percent.Points(high.Accuracy - low.Accuracy)
        : "-";

    private string Caption()
    {
        int[] counts = [.. Entries.SelectMany(entry => entry.Results).Select(result => result.Count).Distinct().Order()];
        string[] classes = [.. Entries.SelectMany(entry => entry.Results).Select(result => result.ClassNames.Count.ToString(CultureInfo.InvariantCulture)).Distinct()];
        string gains = Gains.Count == 0 ? "" : " Gains with 95 % interval of the paired difference (Agresti and Min). The intervals cover the choice of test images, not that of seeds.";
        return $"Top-1 accuracy with 95 % interval (Wilson); {string.Join(" or ", counts)} test images, {string.Join(" or ", classes)} classes.{gains}";
    }
}
