namespace NJepa.Evaluation;

/// <summary>Everything measured about one set of features: a row of an <see cref="EvaluationReport"/>.</summary>
/// <param name="Name">What the features come from: <c>after 30 epochs</c>, <c>untrained encoder</c>, <c>raw pixels</c>.</param>
/// <param name="Results">Accuracies, told apart by their method.</param>
/// <param name="Collapse">The collapse measures of the training features, where they were taken.</param>
/// <param name="IsFloor">Whether this is a floor: what can be had without training, against which the other rows are compared.</param>
public sealed record EvaluationEntry(
    string Name, IReadOnlyList<ClassificationResult> Results, CollapseReport? Collapse = null, bool IsFloor = false)
{
    /// <summary>The usual name of the floor that the same encoder sets before any training.</summary>
    /// <value>untrained encoder</value>
    public const string Untrained = "untrained encoder";

    /// <summary>The usual name of the floor that the pixels themselves set.</summary>
    /// <value>raw pixels</value>
    public const string RawPixels = "raw pixels";

    /// <summary>Runs kNN, a linear probe and the collapse measures.</summary>
    /// <param name="name">What the features come from.</param>
    /// <param name="train">The labelled training features [N,D].</param>
    /// <param name="test">The labelled test features [Q,D].</param>
    /// <param name="neighbours">The options of kNN; null for <see cref="NearestNeighboursOptions.Default"/>.</param>
    /// <param name="probe">The options of the linear probe; null for <see cref="LinearProbeOptions.Default"/>.</param>
    /// <param name="isFloor">Whether this is a floor.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <returns>The row.</returns>
    /// <exception cref="ArgumentException">Options are not valid.</exception>
    /// <exception cref="EvaluationException">The sets cannot be evaluated; see <see cref="LinearProbe.Evaluate"/>.</exception>
    public static EvaluationEntry Measure(
        string name,
        FeatureSet train,
        FeatureSet test,
        NearestNeighboursOptions? neighbours = null,
        LinearProbeOptions? probe = null,
        bool isFloor = false,
        CancellationToken cancellationToken = default) =>
        Classify(name, train, test, neighbours, probe, isFloor, cancellationToken) with { Collapse = CollapseMeasures.Measure(train) };

    /// <summary>The same without the collapse measures, whose cost grows with the third power of the width: pixels have many channels and cannot collapse.</summary>
    internal static EvaluationEntry Classify(
        string name, FeatureSet train, FeatureSet test, NearestNeighboursOptions? neighbours, LinearProbeOptions? probe, bool isFloor, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        IReadOnlyList<ClassificationResult> near = NearestNeighbours.Evaluate(train, test, neighbours, cancellationToken);
        LinearProbeResult linear = LinearProbe.Evaluate(train, test, probe, cancellationToken);
        return new(name, [.. near, linear.Classification], null, isFloor);
    }
}
