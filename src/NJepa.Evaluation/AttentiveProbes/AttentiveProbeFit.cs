namespace NJepa.Evaluation;

/// <summary>An attentive classifier trained on cached patch features, and how its learning rate was chosen.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="Chosen">The chosen learning rate and its validation accuracy.</param>
/// <param name="Candidates">All learning rates that were tried.</param>
public sealed record AttentiveProbeFit(AttentiveClassifier Classifier, ProbeCandidate Chosen, IReadOnlyList<ProbeCandidate> Candidates)
{
    internal string Method => $"attentive probe, {Classifier.Heads} {(Classifier.Heads == 1 ? "head" : "heads")}";
}
