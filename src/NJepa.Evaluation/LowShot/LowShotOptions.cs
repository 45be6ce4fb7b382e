namespace NJepa.Evaluation;

/// <summary>How few labels are drawn, how often, and how a classifier is trained on them.</summary>
public sealed record LowShotOptions
{
    /// <summary>1 % and 10 % of the labels, five draws of each: the papers' shares.</summary>
    public static LowShotOptions Default { get; } = new();

    /// <summary>The numbers of labels to evaluate.</summary>
    /// <value>Default: 1 % and 10 % of the labels. At least one, none twice.</value>
    public IReadOnlyList<LabelBudget> Budgets { get; init; } = [LabelBudget.Share(0.01), LabelBudget.Share(0.1)];

    /// <summary>How many times labels are drawn for each budget. Each draw gives one accuracy; two are needed for an interval.</summary>
    /// <value>Default: 5. From 1 to 1000.</value>
    public int Draws { get; init; } = 5;

    /// <summary>
    /// The strengths of the L2 penalty to compare (as in <see cref="LogisticProbeOptions.Strengths"/>: mean cross-entropy plus <c>strength / 2 * sum of squared weights</c>).
    /// </summary>
    /// <value>Default: 10, 1, 0.1, 0.01, 0.001, 1e-4. Each above 0, none twice. On a tie the strongest wins.</value>
    public IReadOnlyList<double> Strengths { get; init; } = [10, 1, 0.1, 0.01, 0.001, 1e-4];

    /// <summary>Into how many parts the drawn images of each class are dealt for cross-validation; a class with fewer images fills fewer parts.</summary>
    /// <value>Default: 5. From 2 to 100.</value>
    public int Folds { get; init; } = 5;

    /// <summary>The strength that is used, without any choice, when one image of each class was drawn: there is nothing to validate on.</summary>
    /// <value>
    /// Default: 1. Above 0. It is fixed beforehand and not tuned; with one image per class on standardised features the penalty mostly scales the scores of all classes alike.
    /// </value>
    public double StrengthWithoutValidation { get; init; } = 1;

    /// <summary>What is done to the features first, with the mean and deviation of <em>all</em> training images: images are not scarce here, only labels are.</summary>
    /// <value>Default: <see cref="FeatureScaling.Standardize"/>; <see cref="FeatureScaling.BatchNormalize"/> is the same here.</value>
    public FeatureScaling Scaling { get; init; } = FeatureScaling.Standardize;

    /// <summary>The most L-BFGS iterations for one strength.</summary>
    /// <value>Default: 200. At least 1.</value>
    public int MaximumIterations { get; init; } = 200;

    /// <summary>The optimum counts as reached when no element of the gradient is larger.</summary>
    /// <value>Default: 1e-4. Above 0.</value>
    public double GradientTolerance { get; init; } = 1e-4;

    /// <summary>The seed of the draws. Of the same seed, a larger budget contains the images of a smaller one, draw by draw.</summary>
    /// <value>Default: 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Checks all options at once.</summary>
    /// <exception cref="ArgumentException">Some option is out of range; the message lists all that are.</exception>
    public void Validate()
    {
        var problems = new OptionProblems("The low-shot options");
        IReadOnlyList<LabelBudget> budgets = Budgets ?? [];
        problems.Require(budgets.Count > 0, $"{nameof(Budgets)} is empty; give at least one, such as LabelBudget.Share(0.01).");
        problems.Require(!budgets.Contains(null!), $"{nameof(Budgets)} contains null; use LabelBudget.Share or LabelBudget.PerClass.");
        problems.Require(budgets.Distinct().Count() == budgets.Count, $"{nameof(Budgets)} contains a budget twice; give each once.");
        problems.Require(Draws is >= 1 and <= 1000, $"{nameof(Draws)} is {Draws}; it must be from 1 to 1000.");
        problems.RequireGrid(nameof(Strengths), Strengths);
        problems.Require(Folds is >= 2 and <= 100, $"{nameof(Folds)} is {Folds}; it must be from 2 to 100.");
        problems.RequirePositive(nameof(StrengthWithoutValidation), StrengthWithoutValidation);
        problems.Require(Enum.IsDefined(Scaling), $"{nameof(Scaling)} is {Scaling}; it must be one of {string.Join(", ", Enum.GetNames<FeatureScaling>())}.");
        problems.Require(MaximumIterations >= 1, $"{nameof(MaximumIterations)} is {MaximumIterations}; it must be at least 1.");
        problems.RequirePositive(nameof(GradientTolerance), GradientTolerance);
        problems.ThrowIfAny("options");
    }
}
