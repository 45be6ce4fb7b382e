using System.Globalization;

namespace NJepa.Training;

/// <summary>Loss terms, unweighted, as means over the steps of a report.</summary>
/// <param name="Total">The weighted sum that is differentiated.</param>
/// <param name="CleanTeacher">L_CT, clean predictions against the teacher: the loss of I-JEPA.</param>
/// <param name="NoisyTeacher">L_NT, noisy predictions against the teacher; null without a noisy predictor.</param>
/// <param name="NoisyClean">L_NC, noisy against clean predictions; null without a noisy predictor.</param>
/// <param name="Variance">The variance term; null where it is off.</param>
/// <param name="Covariance">The covariance term; null where it is off.</param>
public sealed record LossValues(double Total, double CleanTeacher, double? NoisyTeacher, double? NoisyClean, double? Variance, double? Covariance)
{
    /// <summary>The terms that are on, in one line.</summary>
    public override string ToString()
    {
        static string Term(string name, double? value) => value is { } number ? string.Create(CultureInfo.InvariantCulture, $", {name} {number:0.0000}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"loss {Total:0.0000}, clean-teacher {CleanTeacher:0.0000}")
            + Term("noisy-teacher", NoisyTeacher) + Term("noisy-clean", NoisyClean) + Term("variance", Variance) + Term("covariance", Covariance);
    }
}
