namespace NJepa.Evaluation;

/// <summary>One setting that was tried on the validation split.</summary>
/// <param name="Setting">The strength of the penalty, or the learning rate.</param>
/// <param name="ValidationAccuracy">The accuracy on the validation split of the training set, from 0 to 1.</param>
/// <param name="Converged">
/// Whether the optimum was reached (logistic regression), or the weights stayed finite (gradient descent).
/// </param>
public sealed record ProbeCandidate(double Setting, double ValidationAccuracy, bool Converged);
