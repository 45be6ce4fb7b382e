namespace NJepa.Noise;

/// <summary>
/// The noise distribution of EDM (Karras et al. 2022, arXiv 2206.00364, table 1), which N-JEPA adds to position embeddings:
/// <c>ln sigma ~ N(PMean, PStd^2)</c>. With the defaults sigma has median 0.30, mean 0.62 and RMS 1.27.
/// </summary>
public sealed record EdmNoise : PositionNoise
{
    /// <summary>The paper's settings: P_mean -1.2, P_std 1.2, sigma_data 0.5.</summary>
    public static EdmNoise Default { get; } = new();

    private const double LargestLogarithm = 40;

    /// <summary>P_mean: the mean of ln sigma.</summary>
    /// <value>Default -1.2. From -40 to 40 less ten times <see cref="PStd"/>; ln 2 = 0.69 more doubles every sigma.</value>
    public double PMean { get; init; } = -1.2;

    /// <summary>P_std: the standard deviation of ln sigma.</summary>
    /// <value>Default 1.2. From 0 to 4.</value>
    public double PStd { get; init; } = 1.2;

    /// <summary>sigma_data: the standard deviation that the coefficients assume of the undisturbed signal.</summary>
    /// <value>Default 0.5. From 1e-15 to 1e15.</value>
    /// <remarks>It has no effect on <c>pos + n</c>; only the coefficients below and <see cref="ScaleInput"/> use it.</remarks>
    public double SigmaData { get; init; } = 0.5;

    /// <summary>Whether the noisy position embedding is multiplied by EDM's <see cref="InputScaling"/>, as EDM does to a network's input.</summary>
    /// <value>Default false: N-JEPA adds the noise and scales nothing.</value>
    public bool ScaleInput { get; init; }

    /// <summary>The noise level <c>exp(PMean + PStd * standardNormal)</c>.</summary>
    /// <param name="standardNormal">A draw from N(0, 1).</param>
    /// <param name="uniform">Not used.</param>
    public override NoiseLevel LevelFrom(double standardNormal, double uniform)
    {
        double sigma = Math.Exp(PMean + (PStd * standardNormal));
        double scale = ScaleInput ? InputScaling(sigma) : 1.0;
        return new NoiseLevel((float)(scale * sigma), (float)scale);
    }

    /// <summary>EDM's c_skip: <c>sigma_data^2 / (sigma^2 + sigma_data^2)</c>.</summary>
    /// <param name="sigma">Noise standard deviation, at least 0.</param>
    public double SkipScaling(double sigma) => SigmaData * SigmaData / Variance(sigma);

    /// <summary>EDM's c_out: <c>sigma * sigma_data / sqrt(sigma^2 + sigma_data^2)</c>.</summary>
    /// <param name="sigma">Noise standard deviation, at least 0.</param>
    public double OutputScaling(double sigma) => sigma * SigmaData / Math.Sqrt(Variance(sigma));

    /// <summary>EDM's c_in: <c>1 / sqrt(sigma^2 + sigma_data^2)</c>.</summary>
    /// <param name="sigma">Noise standard deviation, at least 0.</param>
    public double InputScaling(double sigma) => 1.0 / Math.Sqrt(Variance(sigma));

    /// <summary>EDM's c_noise: <c>ln(sigma) / 4</c>.</summary>
    /// <param name="sigma">Noise standard deviation, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sigma"/> is not above 0.</exception>
    public static double NoiseConditioning(double sigma) => Math.Log(RequirePositive(sigma)) / 4.0;

    /// <summary>EDM's loss weight lambda: <c>(sigma^2 + sigma_data^2) / (sigma * sigma_data)^2</c>.</summary>
    /// <param name="sigma">Noise standard deviation, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sigma"/> is not above 0.</exception>
    public double LossWeight(double sigma) => Variance(sigma) / Math.Pow(RequirePositive(sigma) * SigmaData, 2);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Require(errors, double.IsFinite(PMean), $"EdmNoise.PMean is {PMean}; it is the mean of ln sigma and must be a finite number (default -1.2).");
        Require(errors, double.IsFinite(PStd) && PStd >= 0, $"EdmNoise.PStd is {PStd}; it is the standard deviation of ln sigma and must be finite and at least 0 (default 1.2).");
        Require(errors, double.IsFinite(SigmaData) && SigmaData > 0, $"EdmNoise.SigmaData is {SigmaData}; it must be finite and above 0 (default 0.5).");
        if (errors.Count == 0)
        {
            // No draw lies ten standard deviations out, so no sigma, and no square of one, leaves the range of a float.
            Require(errors, Math.Abs(PMean) + (10 * PStd) <= LargestLogarithm, $"EdmNoise.PMean is {PMean} and PStd is {PStd}, so that ln sigma could be up to {Math.Abs(PMean) + (10 * PStd)} from 0 (ten standard deviations out); at most {LargestLogarithm} can be computed with. Lower them (defaults -1.2 and 1.2).");
            Require(errors, SigmaData is >= 1e-15 and <= 1e15, $"EdmNoise.SigmaData is {SigmaData}; it must be from 1E-15 to 1E+15 (default 0.5).");
        }

        return errors;
    }

    private double Variance(double sigma) => (sigma * sigma) + (SigmaData * SigmaData);

    private static double RequirePositive(double sigma) => sigma > 0
        ? sigma
        : throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "sigma must be above 0; this coefficient of EDM has no value there.");
}
