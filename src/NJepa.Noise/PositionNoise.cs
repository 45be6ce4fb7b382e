namespace NJepa.Noise;

/// <summary>
/// A distribution of noise levels for the position embeddings of the noisy predictor's mask tokens.
/// Derive from it to try a distribution of your own; it must be a pure function of its arguments, so that a run can be repeated and resumed.
/// </summary>
/// <remarks>Instances are immutable and safe to use from several threads.</remarks>
public abstract record PositionNoise
{
    /// <summary>Draws a noise level from two independent random numbers. A distribution may use either, both or neither.</summary>
    /// <param name="standardNormal">A draw from N(0, 1).</param>
    /// <param name="uniform">A draw from the uniform distribution on [0, 1).</param>
    public abstract NoiseLevel LevelFrom(double standardNormal, double uniform);

    /// <summary>Every reason why these settings cannot be used; empty when they can.</summary>
    public abstract IReadOnlyList<string> Validate();

    private protected static void Require(List<string> errors, bool satisfied, FormattableString message)
    {
        if (!satisfied)
        {
            errors.Add(FormattableString.Invariant(message));
        }
    }
}
