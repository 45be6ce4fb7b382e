namespace NJepa.Evaluation;

/// <summary>What the checks of classes and the stratified splits need to know of a set, whatever its features are.</summary>
internal interface ILabelledFeatures
{
    /// <summary>N, the number of images.</summary>
    int Count { get; }

    /// <summary>The class of each image [N], or <see cref="FeatureSet.Unlabelled"/>.</summary>
    int[] Labels { get; }

    /// <summary>The names of the classes.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>How many images each class has.</summary>
    IReadOnlyList<int> ClassCounts { get; }

    /// <summary>Whether every image has a class.</summary>
    bool IsLabelled { get; }
}
