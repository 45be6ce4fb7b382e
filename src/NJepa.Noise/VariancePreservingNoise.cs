namespace NJepa.Noise;

/// <summary>
/// Variance-preserving (DDPM) noise for comparison with <see cref="EdmNoise"/>: a step t is drawn uniformly and
/// <c>pos' = sqrt(alpha_bar_t) * pos + sqrt(1 - alpha_bar_t) * eps</c>.
/// </summary>
public sealed record VariancePreservingNoise : PositionNoise
{
    private const double MaxBeta = 0.999;

    private double[]? _signalLevels;

    /// <summary>DDPM's linear schedule over 1,000 steps.</summary>
    public static VariancePreservingNoise Linear { get; } = new() { Schedule = VariancePreservingSchedule.Linear };

    /// <summary>The cosine schedule over 1,000 steps.</summary>
    public static VariancePreservingNoise Cosine { get; } = new() { Schedule = VariancePreservingSchedule.Cosine };

    private readonly VariancePreservingSchedule _schedule;
    private readonly int _steps = 1000;

    /// <summary>The sequence of signal levels.</summary>
    /// <value>Default <see cref="VariancePreservingSchedule.Linear"/>.</value>
    public VariancePreservingSchedule Schedule
    {
        get => _schedule;
        init => (_schedule, _signalLevels) = (value, null);
    }

    /// <summary>Number of diffusion steps T; t is drawn uniformly from 1..T.</summary>
    /// <value>Default 1000. From 1 to 1,000,000.</value>
    public int Steps
    {
        get => _steps;
        init => (_steps, _signalLevels) = (value, null);
    }

    /// <summary>The cumulative signal level alpha-bar at step <paramref name="t"/>: the share of the signal's variance that is left.</summary>
    /// <param name="t">Diffusion step, from 1 to <see cref="Steps"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..<see cref="Steps"/>.</exception>
    public double SignalLevel(int t) => t >= 1 && t <= Steps
        ? SignalLevels()[t - 1]
        : throw new ArgumentOutOfRangeException(nameof(t), t, $"The step must be from 1 to Steps = {Steps}.");

    /// <summary>The level of step <c>t = 1 + floor(uniform * Steps)</c>.</summary>
    /// <param name="standardNormal">Not used.</param>
    /// <param name="uniform">A draw from the uniform distribution on [0, 1).</param>
    public override NoiseLevel LevelFrom(double standardNormal, double uniform)
    {
        double signal = SignalLevel(1 + Math.Min((int)(uniform * Steps), Steps - 1));
        return new NoiseLevel((float)Math.Sqrt(1.0 - signal), (float)Math.Sqrt(signal));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Require(errors, Enum.IsDefined(Schedule), $"VariancePreservingNoise.Schedule is {Schedule}; it must be Linear or Cosine.");
        Require(errors, Steps is >= 1 and <= 1_000_000, $"VariancePreservingNoise.Steps is {Steps}; it must be from 1 to 1000000 (default 1000).");
        return errors;
    }

    /// <summary>Two settings are equal when schedule and number of steps are.</summary>
    /// <param name="other">The settings to compare with.</param>
    public bool Equals(VariancePreservingNoise? other) => other is not null && other.Schedule == Schedule && other.Steps == Steps;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Schedule, Steps);

    private double[] SignalLevels()
    {
        if (_signalLevels is { } known)
        {
            return known;
        }

        var levels = new double[Steps];
        double level = 1.0;
        for (int i = 0; i < Steps; i++)
        {
            level *= 1.0 - Beta(i);
            levels[i] = level;
        }

        return _signalLevels = levels;
    }

    private double Beta(int i) => Schedule switch
    {
        VariancePreservingSchedule.Linear =>
            Math.Min(MaxBeta, 1000.0 / Steps * (1e-4 + ((0.02 - 1e-4) * (Steps == 1 ? 0.0 : (double)i / (Steps - 1))))),
        _ => Math.Min(MaxBeta, 1.0 - (SquaredCosine((i + 1.0) / Steps) / SquaredCosine((double)i / Steps))),
    };

    private static double SquaredCosine(double share) => Math.Pow(Math.Cos((share + 0.008) / 1.008 * Math.PI / 2.0), 2);
}
