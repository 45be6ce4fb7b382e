using System.Globalization;

namespace NJepa.Evaluation;

/// <summary>
/// By how much features are better than a floor, judged on the same test images. Only images on which the two differ count for the interval, which makes it narrower than the
/// two accuracies' own intervals suggest.
/// </summary>
/// <param name="Name">The name of the features.</param>
/// <param name="Floor">The name of the floor.</param>
/// <param name="Method">The method that gave both accuracies.</param>
/// <param name="OnlyFeatures">How many test images only the features got right.</param>
/// <param name="OnlyFloor">How many test images only the floor got right.</param>
/// <param name="Count">How many test images there were; at least 1.</param>
public sealed record AccuracyGain(string Name, string Floor, string Method, int OnlyFeatures, int OnlyFloor, int Count)
{
    private const double Z = 1.959963984540054;

    /// <summary>The accuracy of the features less that of the floor, from -1 to 1.</summary>
    public double Difference => (double)(OnlyFeatures - OnlyFloor) / Count;

    /// <summary>The lower end of the 95 % interval of <see cref="Difference"/>, at least -1.</summary>
    public double Low => Math.Max(-1, Centre - HalfWidth);

    /// <summary>The upper end of the 95 % interval of <see cref="Difference"/>, at most 1.</summary>
    /// <remarks>
    /// The "Wald+2" interval for matched proportions: one half is added to each cell of the two-by-two table of right and wrong (Agresti and Min, Statistics in Medicine 24, 2005,
    /// pages 729-740). It covers the choice of test images, not that of training images or seeds.
    /// </remarks>
    public double High => Math.Min(1, Centre + HalfWidth);

    /// <summary>Whether the features are better beyond chance: the whole interval lies above 0.</summary>
    public bool IsBeyondChance => Low > 0;

    // Half an image is added to each of four cells: the difference of two of them stays, the total grows by two.
    private double Centre => (OnlyFeatures - OnlyFloor) / (Count + 2.0);

    private double HalfWidth
    {
        get
        {
            double difference = OnlyFeatures - OnlyFloor;
            return Z * Math.Sqrt(OnlyFeatures + OnlyFloor + 1 - (difference * difference / (Count + 2.0))) / (Count + 2.0);
        }
    }

    /// <summary>Compares two results image by image.</summary>
    /// <param name="name">The name of the features.</param>
    /// <param name="result">Their result, from <see cref="ClassificationResult.FromPredictions"/>.</param>
    /// <param name="floorName">The name of the floor.</param>
    /// <param name="floor">Its result by the same method, on the same test images in the same order.</param>
    /// <returns>The gain.</returns>
    /// <exception cref="ArgumentException">A result has no predictions, the methods or classes differ, or the true classes of the images differ.</exception>
    public static AccuracyGain Between(string name, ClassificationResult result, string floorName, ClassificationResult floor)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentException.ThrowIfNullOrWhiteSpace(floorName);
        ArgumentNullException.ThrowIfNull(floor);
        if (result.Predictions is not { } predictions || floor.Predictions is not { } floorPredictions)
        {
            throw new ArgumentException(
                $"The result of '{(result.Predictions is null ? name : floorName)}' has no predictions of single images, as one read from JSON; compare results as they were evaluated.",
                result.Predictions is null ? nameof(result) : nameof(floor));
        }

        if (result.Method != floor.Method)
        {
            throw new ArgumentException($"'{name}' was evaluated by '{result.Method}' and '{floorName}' by '{floor.Method}'; compare results of the same method.", nameof(floor));
        }

        if (!result.ClassNames.SequenceEqual(floor.ClassNames) || !result.Labels!.SequenceEqual(floor.Labels!))
        {
            throw new ArgumentException(
                $"'{name}' and '{floorName}' were not evaluated on the same test images ({result.Count} and {floor.Count}, or other classes); compare results on the same images in the same order.", nameof(floor));
        }

        int onlyFeatures = 0, onlyFloor = 0;
        for (int i = 0; i < predictions.Count; i++)
        {
            bool right = predictions[i] == result.Labels![i], floorRight = floorPredictions[i] == result.Labels[i];
            onlyFeatures += right && !floorRight ? 1 : 0;
            onlyFloor += floorRight && !right ? 1 : 0;
        }

        return new(name, floorName, result.Method, onlyFeatures, onlyFloor, predictions.Count);
    }

    /// <summary>The gain in points with its interval: <c>+12.3 (9.9 to 14.6)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Percent.Points(Difference)} ({100 * Low:0.0} to {100 * High:0.0})");
}
