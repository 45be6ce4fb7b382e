namespace NJepa.Evaluation;

/// <summary>How well one class was recognised.</summary>
/// <param name="Name">The class.</param>
/// <param name="Correct">How many of its test images were recognised.</param>
/// <param name="Count">How many test images it has.</param>
public sealed record ClassAccuracy(string Name, int Correct, int Count)
{
    /// <summary>The part that was recognised, from 0 to 1; null when the class has no test images.</summary>
    public double? Accuracy => Count == 0 ? null : (double)Correct / Count;
}
