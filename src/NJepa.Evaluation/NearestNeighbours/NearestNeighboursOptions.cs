using System.ComponentModel.DataAnnotations;

namespace NJepa.Evaluation;

/// <summary>How images are classified by their nearest training images.</summary>
public sealed record NearestNeighboursOptions
{
    /// <summary>20 neighbours with exponential weights on centred features.</summary>
    public static NearestNeighboursOptions Default { get; } = new();

    /// <summary>The numbers of neighbours to evaluate. The search runs once for all of them; each gives one result.</summary>
    /// <value>Default: 20. Each from 1 to the number of training images, none twice.</value>
    public IReadOnlyList<int> Neighbours { get; init; } = [20];

    /// <summary>Whether the mean of the training features is taken off both sets before cosines are computed.</summary>
    /// <value>Default: true.</value>
    /// <remarks>Features of vision transformers share a large common part that makes all cosines nearly equal; without it they tell images apart better.</remarks>
    public bool CentreFeatures { get; init; } = true;

    /// <summary>How the neighbours vote.</summary>
    /// <value>Default: <see cref="NeighbourWeighting.Exponential"/>.</value>
    public NeighbourWeighting Weighting { get; init; } = NeighbourWeighting.Exponential;

    /// <summary>The temperature of <see cref="NeighbourWeighting.Exponential"/>: the difference in cosine that makes a vote e times as heavy.</summary>
    /// <value>Default: 0.07. At least 0.001.</value>
    [Range(0.001, double.MaxValue)]
    public double Temperature { get; init; } = 0.07;

    /// <summary>Checks all options at once.</summary>
    /// <exception cref="ArgumentException">Some option is out of range; the message lists all that are.</exception>
    public void Validate()
    {
        var problems = new OptionProblems("The nearest-neighbour options");
        problems.Require(Neighbours is { Count: > 0 }, $"{nameof(Neighbours)} is empty; give at least one number of neighbours, such as 20.");
        foreach (int k in Neighbours ?? [])
        {
            problems.Require(k >= 1, $"{nameof(Neighbours)} contains {k}; every number must be at least 1.");
        }

        problems.Require((Neighbours ?? []).Distinct().Count() == (Neighbours ?? []).Count, $"{nameof(Neighbours)} contains a number twice; give each once.");
        problems.Require(Enum.IsDefined(Weighting), $"{nameof(Weighting)} is {Weighting}; it must be {nameof(NeighbourWeighting.Exponential)} or {nameof(NeighbourWeighting.Uniform)}.");
        problems.Require(
            Temperature >= 0.001 && double.IsFinite(Temperature),
            FormattableString.Invariant($"{nameof(Temperature)} is {Temperature}; it must be a finite number of at least 0.001."));
        problems.ThrowIfAny("options");
    }
}
