namespace NJepa.Evaluation;

/// <summary>What is done to the features before the linear layer sees them. Nothing in it is trained.</summary>
public enum FeatureScaling
{
    /// <summary>Mean 0 and standard deviation 1 over the training set, feature by feature. Features that do not vary become 0.</summary>
    Standardize,

    /// <summary>
    /// Batch normalisation without parameters: each training batch has mean 0 and standard deviation 1; for the test, the statistics of the training set hold.
    /// For a solver that sees the whole set at once this is <see cref="Standardize"/>.
    /// </summary>
    BatchNormalize,

    /// <summary>Nothing.</summary>
    None,
}
