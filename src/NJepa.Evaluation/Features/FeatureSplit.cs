namespace NJepa.Evaluation;

/// <summary>
/// Divides one labelled set into a training and a test part, class by class, so that both parts have the classes in the same proportion.
/// The same seed gives the same split.
/// </summary>
public static class FeatureSplit
{
    /// <summary>Splits a set class by class.</summary>
    /// <param name="features">A labelled set [N,D] in which every class has at least two images.</param>
    /// <param name="testFraction">The part of each class that goes into the test set, in (0, 1). Each class keeps at least one image on both sides.</param>
    /// <param name="seed">The seed of the random choice.</param>
    /// <returns>The training and the test set; rows stay in their original order.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="testFraction"/> is not in (0, 1).</exception>
    /// <exception cref="EvaluationException">The set is unlabelled, has one class, or has a class with fewer than two images.</exception>
    public static (FeatureSet Train, FeatureSet Test) Stratified(FeatureSet features, double testFraction, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(features);
        (int[] train, int[] test) = StratifiedIndices(features, testFraction, seed);
        return (features.Select(train), features.Select(test));
    }

    /// <summary>Splits a set class by class and says which rows went where.</summary>
    /// <param name="features">A labelled set [N,D] in which every class has at least two images.</param>
    /// <param name="testFraction">The part of each class that goes into the test set, in (0, 1).</param>
    /// <param name="seed">The seed of the random choice.</param>
    /// <returns>The rows of the training and of the test part, each in ascending order.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="testFraction"/> is not in (0, 1).</exception>
    /// <exception cref="EvaluationException">The set is unlabelled, has one class, or has a class with fewer than two images.</exception>
    public static (int[] Train, int[] Test) StratifiedIndices(FeatureSet features, double testFraction, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(features);
        return OfLabels(features, testFraction, seed);
    }

    /// <summary>The same split of any labelled set.</summary>
    internal static (int[] Train, int[] Test) OfLabels(ILabelledFeatures features, double testFraction, ulong seed)
    {
        if (!(testFraction > 0 && testFraction < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(testFraction), testFraction, "The fraction must lie between 0 and 1, both excluded.");
        }

        ClassChecks.RequireClasses(features, "set to split", minimumPerClass: 2);
        var train = new List<int>(features.Count);
        var test = new List<int>();
        foreach ((int label, int[] rows) in RowsByClass(features))
        {
            CounterRandom.Create(seed, RandomPurpose.Evaluation, label).Shuffle(rows.AsSpan());
            int taken = Math.Clamp((int)Math.Round(testFraction * rows.Length), 1, rows.Length - 1);
            test.AddRange(rows[..taken]);
            train.AddRange(rows[taken..]);
        }

        train.Sort();
        test.Sort();
        return ([.. train], [.. test]);
    }

    /// <summary>A random choice of the same number of images from every class: the labelled images of a low-shot evaluation.</summary>
    /// <param name="features">A labelled set [N,D].</param>
    /// <param name="imagesPerClass">How many images to take from each class; at least 1.</param>
    /// <param name="seed">The seed of the random choice; every seed is another draw.</param>
    /// <returns>The chosen images, in their original order.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="imagesPerClass"/> is below 1.</exception>
    /// <exception cref="EvaluationException">The set is unlabelled, has one class, or a class has fewer images than asked for.</exception>
    public static FeatureSet TakePerClass(FeatureSet features, int imagesPerClass, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentOutOfRangeException.ThrowIfLessThan(imagesPerClass, 1);
        ClassChecks.RequireClasses(features, "set to choose from", imagesPerClass);
        var chosen = new List<int>();
        foreach ((int label, int[] rows) in RowsByClass(features))
        {
            CounterRandom.Create(seed, RandomPurpose.Evaluation, label).Shuffle(rows.AsSpan());
            chosen.AddRange(rows[..imagesPerClass]);
        }

        chosen.Sort();
        return features.Select([.. chosen]);
    }

    internal static IEnumerable<(int Label, int[] Rows)> RowsByClass(ILabelledFeatures features) =>
        Enumerable.Range(0, features.Count).GroupBy(row => features.Labels[row]).OrderBy(g => g.Key).Select(g => (g.Key, g.ToArray()));
}
