namespace NJepa.Noise.Tests;

public sealed class OtherNoiseTests
{
    [Fact]
    public void Fixed_noise_has_one_level()
    {
        new FixedNoise(0.25).LevelFrom(3, 0.9).Should().Be(new NoiseLevel(0.25f, 1f));
        new FixedNoise(0.25).Validate().Should().BeEmpty();
        new FixedNoise(-1).Validate().Should().Equal("FixedNoise.Sigma is -1; it is a standard deviation and must be finite and at least 0.");
        new FixedNoise(double.NaN).Validate().Should().HaveCount(1);
        new FixedNoise(1e39).Validate().Should().Equal("FixedNoise.Sigma is 1E+39; at most 1E+15 can be computed with. An element of the position embedding has RMS 0.7071: use a level near it.");
        new FixedNoise(1e15).Validate().Should().BeEmpty();
    }

    [Fact]
    public void No_noise_has_level_zero() => NoNoise.Instance.LevelFrom(3, 0.9).Should().Be(new NoiseLevel(0f, 1f));

    // Cumulative products of 1 - beta computed in Python with fractions of the published schedules.
    [Theory]
    [InlineData(1, 0.9999)]
    [InlineData(2, 0.99978009)]
    [InlineData(1000, 4.0358e-5)]
    public void Linear_signal_levels_are_those_of_ddpm(int t, double expected) =>
        VariancePreservingNoise.Linear.SignalLevel(t).Should().BeApproximately(expected, expected * 1e-4);

    [Theory]
    [InlineData(1)]
    [InlineData(250)]
    [InlineData(500)]
    [InlineData(900)]
    public void Cosine_signal_levels_follow_their_formula(int t)
    {
        static double F(double share) => Math.Pow(Math.Cos((share + 0.008) / 1.008 * Math.PI / 2), 2);
        VariancePreservingNoise.Cosine.SignalLevel(t).Should().BeApproximately(F(t / 1000.0) / F(0), 1e-9);
    }

    [Theory]
    [InlineData(VariancePreservingSchedule.Linear)]
    [InlineData(VariancePreservingSchedule.Cosine)]
    public void Variance_preserving_noise_preserves_variance(VariancePreservingSchedule schedule)
    {
        var noise = new VariancePreservingNoise { Schedule = schedule };
        float last = 1f;
        for (double uniform = 0; uniform < 1; uniform += 0.0625)
        {
            NoiseLevel level = noise.LevelFrom(0, uniform);
            (Math.Pow(level.Sigma, 2) + Math.Pow(level.SignalScale, 2)).Should().BeApproximately(1.0, 1e-6);
            level.SignalScale.Should().BeLessThan(last);
            last = level.SignalScale;
        }
    }

    [Fact]
    public void Changed_settings_do_not_keep_the_old_levels()
    {
        VariancePreservingNoise noise = VariancePreservingNoise.Linear;
        double before = noise.SignalLevel(10);
        (noise with { Steps = 10 }).SignalLevel(10).Should().BeLessThan(before / 2);
        noise.SignalLevel(10).Should().Be(before);
        (noise with { Steps = 1000 }).Should().Be(noise);
    }

    [Fact]
    public void Unusable_variance_preserving_settings_are_named()
    {
        new VariancePreservingNoise { Steps = 0 }.Validate().Should().Equal("VariancePreservingNoise.Steps is 0; it must be from 1 to 1000000 (default 1000).");
        Action outside = () => VariancePreservingNoise.Linear.SignalLevel(1001);
        outside.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The step must be from 1 to Steps = 1000.*");
    }
}
