using System.Text.Json.Serialization;

namespace NJepa.Evaluation;

/// <summary>One draw of labels and what a classifier trained on them did on the test set.</summary>
/// <param name="LabelledImages">How many labelled images were drawn, over all classes.</param>
/// <param name="Strength">The strength of the penalty that was used.</param>
/// <param name="CrossValidatedAccuracy">
/// The accuracy of that strength in cross-validation inside the drawn labels, from 0 to 1; null when one image of each class was drawn and the strength is
/// <see cref="LowShotOptions.StrengthWithoutValidation"/>.
/// </param>
/// <param name="Converged">Whether the classifier reached its optimum.</param>
/// <param name="Correct">How many test images were recognised.</param>
/// <param name="Count">How many test images there were; at least 1.</param>
public sealed record LowShotDraw(int LabelledImages, double Strength, double? CrossValidatedAccuracy, bool Converged, int Correct, int Count)
{
    /// <summary>The part of the test images that was recognised, from 0 to 1.</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>The whole result on the test set. Not part of the JSON, so null in a result read back.</summary>
    [JsonIgnore]
    public ClassificationResult? Classification { get; init; }

    /// <summary>Which training images had labels: rows of the training set, in ascending order. Not part of the JSON, so null in a result read back.</summary>
    [JsonIgnore]
    public IReadOnlyList<int>? LabelledRows { get; init; }
}
