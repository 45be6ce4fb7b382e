namespace NJepa.Noise;

/// <summary>
/// No noise: the noisy predictor reads the undisturbed positions. The control of the noise ablations: two predictors, but nothing to denoise.
/// </summary>
public sealed record NoNoise : PositionNoise
{
    /// <summary>The only instance that is needed.</summary>
    public static NoNoise Instance { get; } = new();

    /// <summary>Level 0, whatever the random numbers.</summary>
    /// <param name="standardNormal">Not used.</param>
    /// <param name="uniform">Not used.</param>
    public override NoiseLevel LevelFrom(double standardNormal, double uniform) => new(0f);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate() => [];
}
