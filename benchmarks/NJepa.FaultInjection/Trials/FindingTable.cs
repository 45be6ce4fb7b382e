using System.Text;

namespace NJepa.FaultInjection.Trials;

/// <summary>The table, as Markdown.</summary>
internal static class FindingTable
{
    public static string Write(IEnumerable<Finding> findings)
    {
        var text = new StringBuilder();
        text.AppendLine("| trial | must | seen | passed |");
        text.AppendLine("|---|---|---|---|");
        foreach (Finding finding in findings)
        {
            string passed = finding.Passed switch { true => "yes", false => "**no**", null => "not possible here" };
            text.AppendLine($"| {Cell(finding.Trial)} | {Cell(finding.Must)} | {Cell(finding.Seen)} | {passed} |");
        }

        return text.ToString();
    }

    public static string List(IEnumerable<ITrial> trials)
    {
        var text = new StringBuilder();
        text.AppendLine("| trial | must |");
        text.AppendLine("|---|---|");
        foreach (ITrial trial in trials)
        {
            text.AppendLine($"| {trial.Name} | {Cell(trial.Must)} |");
        }

        return text.ToString();
    }

    // A bar or a line end would break the table.
    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
