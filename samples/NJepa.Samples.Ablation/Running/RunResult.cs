using NJepa.Evaluation;

namespace NJepa.Samples.Ablation.Running;

/// <summary>What one run gave; <c>result.json</c> in its folder.</summary>
/// <param name="Key">Which run.</param>
/// <param name="Student">How the student's features did.</param>
/// <param name="Teacher">How the teacher's features did.</param>
/// <param name="Steps">Training steps, 0 untrained.</param>
/// <param name="FinalLoss">The total loss of the last report; null untrained.</param>
/// <param name="TrainingSeconds">Wall-clock time of the last session of the training; a run that was stopped and went on took longer. Null where it is not known.</param>
internal sealed record RunResult(RunKey Key, EncoderResult Student, EncoderResult Teacher, long Steps, double? FinalLoss, double? TrainingSeconds)
{
    /// <summary>Whether the run ended early because its numbers were no longer finite. Its encoders are those of the step before, and its learning rate is not chosen where there is another.</summary>
    public bool Diverged { get; init; }
}

/// <summary>How an encoder's features did.</summary>
/// <param name="NearestNeighbours">kNN, k = 20.</param>
/// <param name="LinearProbe">Linear probe by the paper's protocol, SGD.</param>
/// <param name="LogisticRegression">Linear probe solved to its optimum, L-BFGS: weak features are not made weaker by a descent that has not arrived.</param>
/// <param name="ValidationAccuracy">The linear probe's accuracy on a validation part of the training images: what learning rates are chosen by.</param>
/// <param name="Collapse">RankMe and the other measures, on the probes' training images; null for pixels, which cannot collapse.</param>
internal sealed record EncoderResult(ClassificationResult NearestNeighbours, ClassificationResult LinearProbe, ClassificationResult LogisticRegression, double ValidationAccuracy, CollapseReport? Collapse);
