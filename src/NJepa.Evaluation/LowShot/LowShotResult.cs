using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NJepa.Evaluation;

/// <summary>How well few labels do, for one or more numbers of labels. Prints as Markdown and serialises to JSON.</summary>
/// <param name="Classes">The number of classes.</param>
/// <param name="Budgets">One entry for each budget, in the order asked for.</param>
public sealed record LowShotResult(int Classes, IReadOnlyList<LowShotBudgetResult> Budgets)
{
    /// <summary>Reads a result back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <returns>The result, without what is not part of the JSON.</returns>
    /// <exception cref="JsonException">The text is not a low-shot result.</exception>
    public static LowShotResult FromJson(string json) =>
        JsonSerializer.Deserialize<LowShotResult>(json, EvaluationJson.Options) ?? throw new JsonException("The text is 'null'; expected a low-shot result.");

    /// <summary>The result as indented JSON: every draw, and the derived figures.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Options);

    /// <summary>A table with one row for each budget.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine("| labels | images | mean accuracy | 95 % interval of the mean | deviation, points | draws | strengths |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|---|");
        foreach (LowShotBudgetResult one in Budgets)
        {
            string interval = one.MeanInterval is { } i ? string.Create(CultureInfo.InvariantCulture, $"{100 * i.Low:0.0}-{100 * i.High:0.0}") : "-";
            string deviation = one.StandardDeviation is { } d ? string.Create(CultureInfo.InvariantCulture, $"{100 * d:0.0}") : "-";
            string strengths = string.Join(", ", one.Draws.Select(draw => draw.Strength).Distinct().OrderDescending().Select(strength => strength.ToString("0.######", CultureInfo.InvariantCulture)));
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {one.Budget} | {one.Draws[0].LabelledImages} | {Percent.Of(one.MeanAccuracy)} | {interval} | {deviation} | {one.Draws.Count} | {strengths} |");
        }

        text.AppendLine().AppendLine(
            CultureInfo.InvariantCulture,
            $"Top-1 accuracy of logistic regression on few labels; {Budgets[0].Draws[0].Count} test images, {Classes} classes. Interval (Student's t) and sample standard deviation are those over draws of the labels.");
        return text.ToString();
    }

    /// <summary>The table of <see cref="ToMarkdown"/>.</summary>
    public override string ToString() => ToMarkdown();
}
