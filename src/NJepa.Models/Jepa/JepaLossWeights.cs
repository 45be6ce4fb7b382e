namespace NJepa.Models;

/// <summary>
/// Weights of the three losses of N-JEPA: <c>L = CleanTeacher * L_CT + NoisyTeacher * L_NT + NoisyClean * L_NC</c>. A weight of 0 leaves the term out of the sum.
/// The paper's best are 1 / 0.1 / 0.1 (its table of loss weights).
/// </summary>
/// <param name="CleanTeacher">w_CT: clean predictor against the teacher (smooth L1), the loss of I-JEPA. Finite, at least 0.</param>
/// <param name="NoisyTeacher">w_NT: noisy predictor against the teacher (smooth L1). Finite, at least 0. Without a noisy predictor it has no effect.</param>
/// <param name="NoisyClean">w_NC: noisy predictor against the clean one (mean squared error), the denoising loss. Finite, at least 0. Without a noisy predictor it has no effect.</param>
public sealed record JepaLossWeights(double CleanTeacher = 1.0, double NoisyTeacher = 0.1, double NoisyClean = 0.1)
{
    /// <summary>The paper's best weights, 1 / 0.1 / 0.1.</summary>
    public static JepaLossWeights Paper { get; } = new();

    /// <summary>Every reason why these weights cannot be used; empty when they can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        foreach ((string name, double weight) in new[] { (nameof(CleanTeacher), CleanTeacher), (nameof(NoisyTeacher), NoisyTeacher), (nameof(NoisyClean), NoisyClean) })
        {
            if (!double.IsFinite(weight) || weight < 0)
            {
                errors.Add(FormattableString.Invariant($"JepaLossWeights.{name} is {weight}; it must be finite and at least 0."));
            }
        }

        if (CleanTeacher == 0 && NoisyTeacher == 0)
        {
            errors.Add("JepaLossWeights.CleanTeacher and NoisyTeacher are both 0; one of them must be above 0, or nothing would tie the predictions to the images.");
        }

        return errors;
    }
}
