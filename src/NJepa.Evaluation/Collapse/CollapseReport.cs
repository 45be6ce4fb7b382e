using System.Globalization;

namespace NJepa.Evaluation;

/// <summary>
/// Whether the features still use their room. A prediction loss can fall to almost nothing while all images get nearly the same
/// features; these figures show it.
/// </summary>
/// <param name="Count">N, the number of images measured.</param>
/// <param name="Width">D, the number of features.</param>
/// <param name="FeatureStandardDeviation">The mean over the D features of the standard deviation over the N images.</param>
/// <param name="RankMe">The effective number of dimensions in use, as published (features not centred), from 1 to min(N, D); 0 when all features are 0.</param>
/// <param name="CentredRankMe">
/// The same after the mean over the images is taken off, from 1 to min(N - 1, D); 0 when all images have the same features. It counts the directions in which images
/// differ, which a large common part would hide.
/// </param>
/// <param name="MeanPairwiseCosine">The mean cosine of two different images, from -1 to 1; near 1 when all images look alike.</param>
/// <param name="RootMeanSquare">The root mean square of all features: the scale to which the standard deviation compares.</param>
public sealed record CollapseReport(
    int Count, int Width, double FeatureStandardDeviation, double RankMe, double CentredRankMe, double MeanPairwiseCosine, double RootMeanSquare)
{
    /// <summary>The part of the possible dimensions below which <see cref="IsCollapsed"/> says that features have collapsed.</summary>
    /// <value>0.1</value>
    public const double CollapsedRankFraction = 0.1;

    /// <summary>The part of their size by which features must vary; below it <see cref="IsCollapsed"/> says that features have collapsed.</summary>
    /// <value>0.001</value>
    public const double CollapsedVariation = 0.001;

    /// <summary><see cref="CentredRankMe"/> divided by the largest it could be, min(N - 1, D): from 0 to 1.</summary>
    public double RankFraction => CentredRankMe / Math.Min(Count - 1, Width);

    /// <summary>
    /// Whether the features have collapsed: images differ in less than a tenth of the dimensions, or hardly at all.
    /// An untrained encoder often counts as collapsed too; what matters is that training leads away from it.
    /// </summary>
    public bool IsCollapsed => RankFraction < CollapsedRankFraction || FeatureStandardDeviation <= CollapsedVariation * RootMeanSquare;

    /// <summary>The measures in one line, with a verdict.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"RankMe {RankMe:0.0} (centred {CentredRankMe:0.0}) of {Width}, feature std {FeatureStandardDeviation:0.000}, mean cosine {MeanPairwiseCosine:0.00}{(IsCollapsed ? " (collapsed)" : "")}");
}
