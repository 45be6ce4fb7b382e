namespace NJepa.Noise;

/// <summary>Noise of one fixed standard deviation: <c>pos + sigma * eps</c>. For comparison with <see cref="EdmNoise"/>.</summary>
/// <param name="Sigma">Standard deviation of the noise in units of the position embedding (RMS 0.7071 per element). From 0 to 1e15.</param>
public sealed record FixedNoise(double Sigma) : PositionNoise
{
    // Its square is still a float.
    private const double Largest = 1e15;

    /// <summary>The fixed level, whatever the random numbers.</summary>
    /// <param name="standardNormal">Not used.</param>
    /// <param name="uniform">Not used.</param>
    public override NoiseLevel LevelFrom(double standardNormal, double uniform) => new((float)Sigma);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate() => !(double.IsFinite(Sigma) && Sigma >= 0)
        ? [FormattableString.Invariant($"FixedNoise.Sigma is {Sigma}; it is a standard deviation and must be finite and at least 0.")]
        : Sigma <= Largest
        ? []
        : [FormattableString.Invariant($"FixedNoise.Sigma is {Sigma}; at most {Largest:0E+0} can be computed with. An element of the position embedding has RMS 0.7071: use a level near it.")];
}
