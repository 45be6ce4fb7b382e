using static System.FormattableString;

namespace NJepa.Evaluation;

/// <summary>
/// How an <see cref="AttentiveProbe"/> is trained: AdamW (arXiv 1711.05101) with a cosine learning rate. All learning rates are trained at once on the same batches; the best is chosen on a
/// validation split of the training set.
/// </summary>
public sealed record AttentiveProbeOptions
{
    /// <summary>The defaults.</summary>
    public static AttentiveProbeOptions Default { get; } = new();

    /// <summary>The learning rates to compare, at the start; they fall to 0 along a half cosine. They are not scaled by the batch size.</summary>
    /// <value>Default: 1e-4, 3e-4, 1e-3, 3e-3. Each above 0. On a tie the first wins.</value>
    public IReadOnlyList<double> LearningRates { get; init; } = [1e-4, 3e-4, 1e-3, 3e-3];

    /// <summary>How often every training image is seen.</summary>
    /// <value>Default: 20, as in V-JEPA's image probes. At least 1.</value>
    public int Epochs { get; init; } = 20;

    /// <summary>Images in a batch. A set with fewer images is one batch.</summary>
    /// <value>Default: 256. At least 1. A batch takes batch x patches x channels x 4 bytes.</value>
    public int BatchSize { get; init; } = 256;

    /// <summary>The heads of the attention; each looks at the patches in its own way. Must divide the channels of a patch.</summary>
    /// <value>Default: null. That is the largest divisor of the channels that leaves a head at least 64 of them: 12 heads for 768 channels, 6 for 384, 1 below 128.</value>
    public int? Heads { get; init; }

    /// <summary>Decoupled weight decay of the matrices; query and biases have none.</summary>
    /// <value>Default: 0.01. From 0 to 10.</value>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>AdamW's decay rate of the first moment.</summary>
    /// <value>Default: 0.9. In [0, 1).</value>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay rate of the second moment.</summary>
    /// <value>Default: 0.999. In [0, 1).</value>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Whether every channel gets mean 0 and standard deviation 1 over all patches of the training set first. Channels that do not vary become 0.</summary>
    /// <value>Default: true.</value>
    public bool Standardize { get; init; } = true;

    /// <summary>The part of the training images, class by class, on which the learning rates are compared. The test set is never used for a choice.</summary>
    /// <value>Default: 0.1. In (0, 0.5].</value>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Whether the probe is trained again on all training images, validation images included, once the learning rate is chosen.</summary>
    /// <value>Default: true.</value>
    public bool RefitOnAllImages { get; init; } = true;

    /// <summary>Where it is trained, as <see cref="Models.NJepaRuntime.ResolveDevice"/> takes it: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c> or <c>auto</c>. The cached features stay in the host's memory.</summary>
    /// <value>Default: cpu.</value>
    public string Device { get; init; } = "cpu";

    /// <summary>The seed of the validation split, the first weights and the order of the images.</summary>
    /// <value>Default: 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Checks all options at once.</summary>
    /// <exception cref="ArgumentException">Some option is out of range; the message lists all that are.</exception>
    public void Validate()
    {
        var problems = new OptionProblems("The attentive-probe options");
        problems.RequireGrid(nameof(LearningRates), LearningRates);
        problems.Require(Epochs >= 1, $"{nameof(Epochs)} is {Epochs}; it must be at least 1.");
        problems.Require(BatchSize >= 1, $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1.");
        problems.Require(Heads is null or >= 1, $"{nameof(Heads)} is {Heads}; it must be at least 1, or null to choose by the channels.");
        problems.Require(WeightDecay is >= 0 and <= 10, Invariant($"{nameof(WeightDecay)} is {WeightDecay}; it must be from 0 to 10."));
        problems.Require(Beta1 is >= 0 and < 1, Invariant($"{nameof(Beta1)} is {Beta1}; it must be at least 0 and below 1."));
        problems.Require(Beta2 is >= 0 and < 1, Invariant($"{nameof(Beta2)} is {Beta2}; it must be at least 0 and below 1."));
        problems.Require(ValidationFraction > 0 && ValidationFraction <= 0.5, Invariant($"{nameof(ValidationFraction)} is {ValidationFraction}; it must be above 0 and at most 0.5."));
        problems.Require(!string.IsNullOrWhiteSpace(Device), $"{nameof(Device)} is empty; use cpu, cuda or auto.");
        problems.ThrowIfAny("options");
    }

    /// <summary>The heads for patches of so many channels.</summary>
    internal int HeadsFor(int width)
    {
        if (Heads is { } heads)
        {
            return width % heads == 0
                ? heads
                : throw new ArgumentException($"{nameof(AttentiveProbeOptions)}.{nameof(Heads)} is {heads}, which does not divide the {width} channels of a patch; use a divisor, or leave it null.", nameof(width));
        }

        return Enumerable.Range(1, Math.Max(1, width / 64)).Last(count => width % count == 0);
    }
}
