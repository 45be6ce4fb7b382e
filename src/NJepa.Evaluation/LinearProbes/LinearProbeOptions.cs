namespace NJepa.Evaluation;

/// <summary>
/// How a linear classifier is trained on cached features. Choose <see cref="LogisticProbeOptions"/> (convex, deterministic, no learning rate; the default)
/// or <see cref="GradientProbeOptions"/> (the papers' protocols).
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

    /// <summary>
    /// The protocol of the I-JEPA paper's appendix A.2 on cached features: batch 16384, 50 epochs, learning rate divided by 10 every 15 epochs, the learning rates 0.01, 0.05 and 0.001 with the
    /// weight decays 0.0005 and 0, on average-pooled features of the last layer or of the last four (<see cref="FeatureExtractionOptions.LastLayers"/>).
    /// </summary>
    /// <remarks>
    /// Three things are our reading or our doing. The paper tries a head with batch normalisation before it and one without on its transfer tasks; here that is done for every set. The best
    /// combination is chosen on a part of the training set, not by its test accuracy. The paper uses LARS; this is SGD with momentum 0.9, since a batch of 16384 is the whole of most sets here. A set of fewer images is one batch, an epoch is
    /// then one step, and fifty of them are few: figures of small sets are lower than those of <see cref="Paper"/> or <see cref="Default"/>.
    /// </remarks>
    public static GradientProbeOptions IJepa { get; } = new()
    {
        LearningRates = [0.01, 0.05, 0.001],
        WeightDecays = [0.0005, 0],
        Scaling = FeatureScaling.BatchNormalize,
        OtherScalings = [FeatureScaling.None],
        BatchSize = 16384,
        Epochs = 50,
        Schedule = ProbeSchedule.Step,
        StepEpochs = 15,
        StepFactor = 0.1,
    };

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
}
