namespace NJepa.Noise;

/// <summary>Noise of one fixed standard deviation: <c>pos + sigma * eps</c>. For comparison with <see cref="EdmNoise"/>.</summary>
/// <param name="Sigma">Standard deviation of the noise in units of the position embedding (RMS 0.7071 per element). Finite, at least 0.</param>
public sealed record FixedNoise(double Sigma) : PositionNoise
{
    /// <summary>The fixed level, whatever the random numbers.</summary>
    /// <param name="standardNormal">Not used.</param>
    /// <param name="uniform">Not used.</param>
    public override NoiseLevel LevelFrom(double standardNormal, double uniform) => new((float)Sigma);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate() => double.IsFinite(Sigma) && Sigma >= 0
        ? []
        : [$"FixedNoise.Sigma is {Sigma}; it is a standard deviation and must be finite and at least 0."];
}
