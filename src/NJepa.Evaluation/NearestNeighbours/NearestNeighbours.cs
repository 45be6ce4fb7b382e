namespace NJepa.Evaluation;

/// <summary>
/// Classifies images by the training images whose features point into the most similar direction. It trains nothing, so it shows
/// what the features themselves tell apart.
/// </summary>
/// <remarks>
/// Exact: the neighbours are those of a search in double precision over all pairs, whatever the order or size of the chunks. Single-precision products
/// only preselect, with a margin that their rounding error cannot exceed. Ties go to the lower row, and between classes to the lower class.
/// </remarks>
public static class NearestNeighbours
{
    /// <summary>Classifies the test images, once for every number of neighbours asked for.</summary>
    /// <param name="train">The labelled training features [N,D].</param>
    /// <param name="test">The labelled test features [Q,D] of the same classes; classes are matched by name.</param>
    /// <param name="options">Numbers of neighbours and weights; null for <see cref="NearestNeighboursOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>One result for each of <see cref="NearestNeighboursOptions.Neighbours"/>, in that order.</returns>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <exception cref="EvaluationException">A set is unlabelled, the training set has one class, the classes or widths differ, or there are fewer training images than neighbours.</exception>
    public static IReadOnlyList<ClassificationResult> Evaluate(
        FeatureSet train, FeatureSet test, NearestNeighboursOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        options ??= NearestNeighboursOptions.Default;
        options.Validate();
        ClassChecks.RequireClasses(train, "training set", minimumPerClass: 0);
        int[] testLabels = ClassChecks.MapTestLabels(train, test);
        NeighbourTable table = Find(train, test, options.Neighbours.Max(), options.CentreFeatures, cancellationToken);
        return
        [
            .. options.Neighbours.Select(k => ClassificationResult.FromPredictions(
                $"kNN, k = {k}", train.ClassNames, testLabels, Vote(table, train, k, options))),
        ];
    }

    /// <summary>The nearest training images of every query image. Labels are not needed and not read.</summary>
    /// <param name="train">The features to search in [N,D].</param>
    /// <param name="queries">The features to search for [Q,D].</param>
    /// <param name="neighbours">k, how many neighbours to find for each query; from 1 to N.</param>
    /// <param name="centreFeatures">Whether the mean of <paramref name="train"/> is taken off both before cosines are computed.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The neighbours [Q,k]. A row of zeros (after centring) has the cosine 0 with everything.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="neighbours"/> is below 1.</exception>
    /// <exception cref="EvaluationException">The widths differ, or there are fewer training images than neighbours.</exception>
    public static NeighbourTable Find(
        FeatureSet train, FeatureSet queries, int neighbours, bool centreFeatures = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        if (train.Width != queries.Width)
        {
            throw new EvaluationException(
                $"The training set has {train.Width} features per image and the queries {queries.Width}; both must come from the same encoder with the same settings.");
        }

        RequireEnough(neighbours, train.Count);
        return new NeighbourSearch(train, queries, neighbours, centreFeatures).Run(cancellationToken);
    }

    internal static void RequireEnough(int neighbours, int images)
    {
        if (neighbours > images)
        {
            throw new EvaluationException($"{neighbours} neighbours were asked for, but the training set has {images} images; ask for {images} or fewer.");
        }
    }

    private static int[] Vote(NeighbourTable table, FeatureSet train, int k, NearestNeighboursOptions options)
    {
        var predictions = new int[table.QueryCount];
        var votes = new double[train.ClassNames.Count];
        for (int query = 0; query < predictions.Length; query++)
        {
            Array.Clear(votes);
            ReadOnlySpan<int> indices = table.IndicesOf(query);
            ReadOnlySpan<double> cosines = table.SimilaritiesOf(query);
            for (int i = 0; i < k; i++)
            {
                // Relative to the nearest, so that a low temperature can neither overflow nor lose every vote.
                votes[train.Labels[indices[i]]] += options.Weighting == NeighbourWeighting.Uniform ? 1 : Math.Exp((cosines[i] - cosines[0]) / options.Temperature);
            }

            predictions[query] = Array.IndexOf(votes, votes.Max());
        }

        return predictions;
    }
}
