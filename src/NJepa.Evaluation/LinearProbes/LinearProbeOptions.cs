namespace NJepa.Evaluation;

/// <summary>
/// How a linear classifier is trained on cached features. Choose <see cref="LogisticProbeOptions"/> (convex, deterministic, no learning rate; the default)
/// or <see cref="GradientProbeOptions"/> (the paper's protocol).
/// </summary>
public abstract record LinearProbeOptions
{
    private protected LinearProbeOptions()
    {
    }

    /// <summary>Logistic regression solved to its optimum; see <see cref="LogisticProbeOptions"/>.</summary>
    public static LogisticProbeOptions Default { get; } = new();

    /// <summary>The protocol of the N-JEPA paper: SGD, batch 1024, 50 epochs, cosine learning rate; see <see cref="GradientProbeOptions"/>.</summary>
    public static GradientProbeOptions Paper { get; } = new();

    /// <summary>What is done to the features first.</summary>
    /// <value>Default: <see cref="FeatureScaling.Standardize"/>.</value>
    public FeatureScaling Scaling { get; init; } = FeatureScaling.Standardize;

    /// <summary>The part of the training images, class by class, on which the settings are compared. The test set is never used for a choice.</summary>
    /// <value>Default: 0.1. In (0, 0.5].</value>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Whether the classifier is trained again on all training images, validation images included, once the setting is chosen.</summary>
    /// <value>Default: true.</value>
    public bool RefitOnAllImages { get; init; } = true;

    /// <summary>The seed of the validation split and, where there is one, of the order of the images.</summary>
    /// <value>Default: 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Checks all options at once.</summary>
    /// <exception cref="ArgumentException">Some option is out of range; the message lists all that are.</exception>
    public void Validate()
    {
        var problems = new OptionProblems("The linear-probe options");
        problems.Require(Enum.IsDefined(Scaling), $"{nameof(Scaling)} is {Scaling}; it must be one of {string.Join(", ", Enum.GetNames<FeatureScaling>())}.");
        problems.Require(
            ValidationFraction > 0 && ValidationFraction <= 0.5,
            FormattableString.Invariant($"{nameof(ValidationFraction)} is {ValidationFraction}; it must be above 0 and at most 0.5."));
        Check(problems);
        problems.ThrowIfAny("options");
    }

    private protected abstract void Check(OptionProblems problems);

    internal static void CheckGrid(OptionProblems problems, string name, IReadOnlyList<double>? grid)
    {
        problems.Require(grid is { Count: > 0 }, $"{name} is empty; give at least one value to try.");
        foreach (double value in grid ?? [])
        {
            problems.Require(value > 0 && double.IsFinite(value), FormattableString.Invariant($"{name} contains {value}; every value must be finite and above 0."));
        }

        problems.Require((grid ?? []).Distinct().Count() == (grid ?? []).Count, $"{name} contains a value twice; give each once.");
    }
}
