using System.Globalization;
using System.Text;

namespace NJepa.Interop;

/// <summary>What was done with the tensors of a file: what matched, what did not and why.</summary>
/// <param name="Path">The file.</param>
/// <param name="Naming">Whose names they are.</param>
/// <param name="Module">Which part of the file was read, such as <c>target_encoder</c>; empty where the file is that part alone.</param>
/// <param name="Matched">For each parameter that was filled: <c>name &lt;- name in the file</c>.</param>
/// <param name="Problems">What does not fit: missing, of another shape or type, or not part of an encoder that NJepa knows.</param>
/// <param name="Ignored">What was left out because it belongs to something else, such as a classifier's head or the optimizer.</param>
/// <param name="Notes">What else is worth knowing: conversions, resampled positions, another epsilon.</param>
public sealed record WeightsReport(
    string Path,
    WeightNaming Naming,
    string Module,
    IReadOnlyList<string> Matched,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Ignored,
    IReadOnlyList<string> Notes)
{
    private const int MaxLines = 20;

    /// <summary>Whether everything that was asked for was found.</summary>
    public bool IsComplete => Problems.Count == 0;

    /// <summary>The report for people, several lines.</summary>
    public override string ToString()
    {
        string module = Module.Length > 0 ? $", module '{Module}'" : "";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Path} ({Naming} names{module}): {Matched.Count} parameters matched, {Problems.Count} {(Problems.Count == 1 ? "problem" : "problems")}, {Ignored.Count} left out");
        Append(text, "problem", Problems);
        Append(text, "left out", Ignored);
        Append(text, "note", Notes);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string label, IReadOnlyList<string> lines)
    {
        foreach (string line in lines.Take(MaxLines))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n- {label}: {line}");
        }

        if (lines.Count > MaxLines)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n- {label}: and {lines.Count - MaxLines} more");
        }
    }
}
