namespace NJepa.Evaluation;

/// <summary>
/// A linear layer trained by stochastic gradient descent with momentum and a cosine learning rate: the protocol of the N-JEPA paper (batch 1024, 50 epochs).
/// All learning rates are trained at once on the same batches; the best is chosen on a validation split of the training set.
/// </summary>
public sealed record GradientProbeOptions : LinearProbeOptions
{
    /// <summary>The peak learning rates to compare, for batches of 256 images; they are multiplied by batch size / 256.</summary>
    /// <value>Default: 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1. Each above 0. On a tie the first wins.</value>
    public IReadOnlyList<double> LearningRates { get; init; } = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

    /// <summary>How often every training image is seen.</summary>
    /// <value>Default: 50. At least 1.</value>
    public int Epochs { get; init; } = 50;

    /// <summary>Images in a batch. A set with fewer images is one batch.</summary>
    /// <value>Default: 1024. At least 1.</value>
    public int BatchSize { get; init; } = 1024;

    /// <summary>The momentum of the descent.</summary>
    /// <value>Default: 0.9. In [0, 1).</value>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The penalty on squared weights (the bias is free).</summary>
    /// <value>Default: 0. At least 0.</value>
    public double WeightDecay { get; init; }

    private protected override void Check(OptionProblems problems)
    {
        problems.RequireGrid(nameof(LearningRates), LearningRates);
        problems.Require(Epochs >= 1, $"{nameof(Epochs)} is {Epochs}; it must be at least 1.");
        problems.Require(BatchSize >= 1, $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1.");
        problems.Require(Momentum >= 0 && Momentum < 1, FormattableString.Invariant($"{nameof(Momentum)} is {Momentum}; it must be at least 0 and below 1."));
        problems.Require(
            WeightDecay >= 0 && double.IsFinite(WeightDecay),
            FormattableString.Invariant($"{nameof(WeightDecay)} is {WeightDecay}; it must be finite and at least 0."));
    }
}
