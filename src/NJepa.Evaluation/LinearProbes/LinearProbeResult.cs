using System.Text.Json;

namespace NJepa.Evaluation;

/// <summary>What a linear probe found.</summary>
/// <param name="Classification">The result on the test set.</param>
/// <param name="TrainingAccuracy">The accuracy on the training set, from 0 to 1: far above the test accuracy when the probe has overfitted.</param>
/// <param name="SettingName">What was chosen on the validation split: <c>strength</c> or <c>learning rate</c>.</param>
/// <param name="Chosen">The chosen setting and its validation accuracy.</param>
/// <param name="Candidates">All settings that were tried.</param>
public sealed record LinearProbeResult(
    ClassificationResult Classification,
    double TrainingAccuracy,
    string SettingName,
    ProbeCandidate Chosen,
    IReadOnlyList<ProbeCandidate> Candidates)
{
    /// <summary>The result as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Options);

    /// <summary>The accuracy with its interval and the chosen setting, in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{Classification}; {SettingName} {Chosen.Setting:0.######}");
}
