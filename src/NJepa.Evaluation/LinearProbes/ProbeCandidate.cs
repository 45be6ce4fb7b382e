namespace NJepa.Evaluation;

/// <summary>One setting that was tried on the validation split.</summary>
/// <param name="Setting">The strength of the penalty, or the learning rate.</param>
/// <param name="ValidationAccuracy">The accuracy on the validation split of the training set, from 0 to 1.</param>
/// <param name="Converged">
/// Whether the optimum was reached (logistic regression), or the weights stayed finite (gradient descent).
/// </param>
public sealed record ProbeCandidate(double Setting, double ValidationAccuracy, bool Converged)
{
    /// <summary>The weight decay that went with the learning rate; 0 for logistic regression, whose penalty is the setting.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The scaling of the features that went with it.</summary>
    public FeatureScaling Scaling { get; init; }
}
