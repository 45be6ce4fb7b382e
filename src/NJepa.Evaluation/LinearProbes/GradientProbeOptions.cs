namespace NJepa.Evaluation;

/// <summary>
/// A linear layer trained by stochastic gradient descent with momentum: the protocols of the N-JEPA paper (<see cref="LinearProbeOptions.Paper"/>: batch 1024, 50 epochs, cosine) and, with a
/// stepped learning rate, of I-JEPA (<see cref="LinearProbeOptions.IJepa"/>). All learning rates and weight decays are trained at once on the same batches; the best combination is chosen
/// on a validation split of the training set.
/// </summary>
public sealed record GradientProbeOptions : LinearProbeOptions
{
    /// <summary>The peak learning rates to compare, for batches of 256 images; they are multiplied by batch size / 256.</summary>
    /// <value>Default: 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1. Each above 0. On a tie the first wins.</value>
    public IReadOnlyList<double> LearningRates { get; init; } = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

    /// <summary>The weight decays to compare, each with every learning rate: the penalty on squared weights, added to the gradient (the bias is free).</summary>
    /// <value>Default: 0 alone. Each at least 0, none twice. On a tie the first wins.</value>
    public IReadOnlyList<double> WeightDecays { get; init; } = [0];

    /// <summary>Further scalings to compare with <see cref="LinearProbeOptions.Scaling"/>, each with every learning rate and weight decay.</summary>
    /// <value>Default: none. None twice, and not <see cref="LinearProbeOptions.Scaling"/> again. On a tie the first wins.</value>
    public IReadOnlyList<FeatureScaling> OtherScalings { get; init; } = [];

    /// <summary>How often every training image is seen.</summary>
    /// <value>Default: 50. At least 1.</value>
    public int Epochs { get; init; } = 50;

    /// <summary>Images in a batch. A set with fewer images is one batch.</summary>
    /// <value>Default: 1024. At least 1.</value>
    public int BatchSize { get; init; } = 1024;

    /// <summary>How the learning rate falls from its peak.</summary>
    /// <value>Default: <see cref="ProbeSchedule.Cosine"/>.</value>
    public ProbeSchedule Schedule { get; init; } = ProbeSchedule.Cosine;

    /// <summary>After how many epochs, again and again, <see cref="ProbeSchedule.Step"/> lowers the learning rate.</summary>
    /// <value>Default: 15. At least 1. Not used by <see cref="ProbeSchedule.Cosine"/>.</value>
    public int StepEpochs { get; init; } = 15;

    /// <summary>By what <see cref="ProbeSchedule.Step"/> multiplies the learning rate.</summary>
    /// <value>Default: 0.1. In (0, 1]. Not used by <see cref="ProbeSchedule.Cosine"/>.</value>
    public double StepFactor { get; init; } = 0.1;

    /// <summary>The momentum of the descent.</summary>
    /// <value>Default: 0.9. In [0, 1).</value>
    public double Momentum { get; init; } = 0.9;

    /// <summary>All scalings to compare, in order.</summary>
    internal IReadOnlyList<FeatureScaling> Scalings => [Scaling, .. OtherScalings];

    /// <summary>What the peak learning rate is multiplied by.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="done">The part of the epoch that is done, in [0, 1).</param>
    internal double Decay(int epoch, double done) => Schedule == ProbeSchedule.Cosine
        ? (1 + Math.Cos(Math.PI * (epoch + done) / Epochs)) / 2
        : Math.Pow(StepFactor, epoch / StepEpochs);

    private protected override void Check(OptionProblems problems)
    {
        problems.RequireGrid(nameof(LearningRates), LearningRates);
        IReadOnlyList<double> decays = WeightDecays ?? [];
        problems.Require(decays.Count > 0, $"{nameof(WeightDecays)} is empty; give at least one value to try, such as 0.");
        foreach (double decay in decays)
        {
            problems.Require(decay >= 0 && double.IsFinite(decay), FormattableString.Invariant($"{nameof(WeightDecays)} contains {decay}; every value must be finite and at least 0."));
        }

        problems.Require(decays.Distinct().Count() == decays.Count, $"{nameof(WeightDecays)} contains a value twice; give each once.");
        IReadOnlyList<FeatureScaling> others = OtherScalings ?? [];
        foreach (FeatureScaling scaling in others)
        {
            problems.Require(Enum.IsDefined(scaling), $"{nameof(OtherScalings)} contains {scaling}; every value must be one of {string.Join(", ", Enum.GetNames<FeatureScaling>())}.");
        }

        problems.Require(OtherScalings is not null, $"{nameof(OtherScalings)} is null; leave it out for none.");
        problems.Require(others.Append(Scaling).Distinct().Count() == others.Count + 1, $"{nameof(OtherScalings)} contains a scaling twice, or {nameof(Scaling)} again; give each once.");
        problems.Require(Epochs >= 1, $"{nameof(Epochs)} is {Epochs}; it must be at least 1.");
        problems.Require(BatchSize >= 1, $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1.");
        problems.Require(Enum.IsDefined(Schedule), $"{nameof(Schedule)} is {Schedule}; it must be {nameof(ProbeSchedule.Cosine)} or {nameof(ProbeSchedule.Step)}.");
        problems.Require(StepEpochs >= 1, $"{nameof(StepEpochs)} is {StepEpochs}; it must be at least 1.");
        problems.Require(StepFactor > 0 && StepFactor <= 1, FormattableString.Invariant($"{nameof(StepFactor)} is {StepFactor}; it must be above 0 and at most 1."));
        problems.Require(Momentum >= 0 && Momentum < 1, FormattableString.Invariant($"{nameof(Momentum)} is {Momentum}; it must be at least 0 and below 1."));
    }
}
