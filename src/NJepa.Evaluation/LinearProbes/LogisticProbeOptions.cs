namespace NJepa.Evaluation;

/// <summary>
/// Multinomial logistic regression with an L2 penalty, solved to its optimum by L-BFGS. It minimises the mean cross-entropy plus
/// <c>strength / 2 * sum of squared weights</c> (the bias is free); the strength is chosen on a validation split of the training set.
/// Convex: the result depends on no learning rate, order or initial value.
/// </summary>
public sealed record LogisticProbeOptions : LinearProbeOptions
{
    /// <summary>The strengths of the penalty to compare. In the terms of scikit-learn, C = 1 / (strength * training images).</summary>
    /// <value>Default: 1, 0.1, 0.01, 0.001, 1e-4, 1e-5. Each above 0. On a tie the strongest wins.</value>
    public IReadOnlyList<double> Strengths { get; init; } = [1, 0.1, 0.01, 0.001, 1e-4, 1e-5];

    /// <summary>The most L-BFGS iterations for one strength.</summary>
    /// <value>Default: 200. At least 1.</value>
    public int MaximumIterations { get; init; } = 200;

    /// <summary>The optimum counts as reached when no element of the gradient is larger.</summary>
    /// <value>Default: 1e-4. Above 0; single-precision products do not resolve much less than 1e-6.</value>
    public double GradientTolerance { get; init; } = 1e-4;

    private protected override void Check(OptionProblems problems)
    {
        problems.RequireGrid(nameof(Strengths), Strengths);
        problems.Require(MaximumIterations >= 1, $"{nameof(MaximumIterations)} is {MaximumIterations}; it must be at least 1.");
        problems.RequirePositive(nameof(GradientTolerance), GradientTolerance);
    }
}
