namespace NJepa.Evaluation;

/// <summary>A linear classifier trained on cached features, and how its setting was chosen.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="Method">What trained it, for people.</param>
/// <param name="SettingName">What was chosen: <c>strength</c> or <c>learning rate</c>.</param>
/// <param name="Chosen">The chosen setting and its validation accuracy.</param>
/// <param name="Candidates">All settings that were tried.</param>
public sealed record LinearProbeFit(
    LinearClassifier Classifier, string Method, string SettingName, ProbeCandidate Chosen, IReadOnlyList<ProbeCandidate> Candidates);
