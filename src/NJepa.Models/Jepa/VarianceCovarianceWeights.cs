namespace NJepa.Models;

/// <summary>
/// Weights of two regularising terms against collapse (VICReg, arXiv 2105.04906; with I-JEPA: C-JEPA, arXiv 2410.19560). With Z <c>[B,D]</c> the mean over the visible patches
/// of the student's output: <c>Variance * mean(relu(1 - std_d(Z)))</c> and <c>Covariance * (sum of squared off-diagonal covariances of Z) / D</c>.
/// They are not part of N-JEPA; on the small set that was tried (docs/small-data.md) most of what is learned depends on them.
/// </summary>
/// <param name="Variance">Weight of the variance term. Finite, at least 0.</param>
/// <param name="Covariance">Weight of the covariance term. Finite, at least 0.</param>
public sealed record VarianceCovarianceWeights(double Variance, double Covariance)
{
    /// <summary>Both terms off.</summary>
    public static VarianceCovarianceWeights None { get; } = new(0, 0);

    /// <summary>Whether either term is on.</summary>
    public bool IsActive => Variance > 0 || Covariance > 0;

    /// <summary>Every reason why these weights cannot be used; empty when they can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        foreach ((string name, double weight) in new[] { (nameof(Variance), Variance), (nameof(Covariance), Covariance) })
        {
            if (!double.IsFinite(weight) || weight < 0)
            {
                errors.Add(FormattableString.Invariant($"VarianceCovarianceWeights.{name} is {weight}; it must be finite and at least 0."));
            }
        }

        return errors;
    }
}
