namespace NJepa.Samples.QuickStart.Running;

/// <summary>How good the features of an encoder are.</summary>
/// <param name="NearestNeighbours">Accuracy of the vote of the nearest neighbours; null without classes.</param>
/// <param name="LinearProbe">Accuracy of a linear classifier; null without classes.</param>
/// <param name="RankMe">The effective number of dimensions in use.</param>
/// <param name="Width">The number of dimensions.</param>
/// <param name="FeatureStandardDeviation">The mean over the dimensions of the standard deviation over the images.</param>
/// <param name="MeanCosine">The mean cosine of two different images.</param>
/// <param name="Collapsed">Whether the features have collapsed to a few dimensions, or to one point.</param>
internal sealed record EncoderScores(
    Accuracy? NearestNeighbours, Accuracy? LinearProbe, double RankMe, int Width, double FeatureStandardDeviation, double MeanCosine, bool Collapsed)
{
    /// <summary>The figures in one line.</summary>
    public override string ToString()
    {
        string accuracies = NearestNeighbours is null || LinearProbe is null ? "" : $"kNN {100 * NearestNeighbours.Value:0.0} %, linear probe {100 * LinearProbe.Value:0.0} %, ";
        return $"{accuracies}RankMe {RankMe:0.0} of {Width}, feature std {FeatureStandardDeviation:0.000}";
    }
}
