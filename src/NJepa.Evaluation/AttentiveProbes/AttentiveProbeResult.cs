using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NJepa.Evaluation;

/// <summary>What an attentive probe found.</summary>
/// <param name="Classification">The result on the test set.</param>
/// <param name="TrainingAccuracy">The accuracy on the training set, from 0 to 1: far above the test accuracy when the probe has overfitted.</param>
/// <param name="Chosen">The learning rate that was chosen on the validation split, and its validation accuracy.</param>
/// <param name="Candidates">All learning rates that were tried.</param>
public sealed record AttentiveProbeResult(
    ClassificationResult Classification, double TrainingAccuracy, ProbeCandidate Chosen, IReadOnlyList<ProbeCandidate> Candidates)
{
    /// <summary>Reads a result back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <returns>The result.</returns>
    /// <exception cref="JsonException">The text is not a result of an attentive probe.</exception>
    public static AttentiveProbeResult FromJson(string json) =>
        JsonSerializer.Deserialize<AttentiveProbeResult>(json, EvaluationJson.Options) ?? throw new JsonException("The text is 'null'; expected the result of an attentive probe.");

    /// <summary>The result as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Options);

    /// <summary>The result as Markdown: the classification, the training accuracy, and a table of the learning rates.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder(Classification.ToMarkdown());
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Training accuracy {Percent.Of(TrainingAccuracy)}; learning rate {Chosen.Setting:0.######}, chosen on a validation split.");
        text.AppendLine().AppendLine("| learning rate | validation accuracy |").AppendLine("|---:|---:|");
        foreach (ProbeCandidate candidate in Candidates)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {candidate.Setting:0.######} | {(candidate.Converged ? Percent.Of(candidate.ValidationAccuracy) : "diverged")} |");
        }

        return text.ToString();
    }

    /// <summary>The accuracy with its interval and the chosen learning rate, in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{Classification}; learning rate {Chosen.Setting:0.######}");
}
