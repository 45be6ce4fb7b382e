namespace NJepa.Evaluation;

/// <summary>The range in which the true mean lies with 95 % confidence.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
public readonly record struct MeanInterval(double Low, double High)
{
    internal static MeanInterval Around(double mean, double half) => new(mean - half, mean + half);
}
