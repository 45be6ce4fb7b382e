namespace NJepa.Noise.Tests;

public sealed class EdmNoiseTests
{
    [Fact]
    public void Defaults_are_those_of_the_paper()
    {
        EdmNoise.Default.Should().Be(new EdmNoise { PMean = -1.2, PStd = 1.2, SigmaData = 0.5, ScaleInput = false });
        EdmNoise.Default.Validate().Should().BeEmpty();
    }

    [Theory]
    [InlineData(0.0, 0.30119421191220214)]
    [InlineData(1.0, 1.0)]
    [InlineData(-1.6448536269514722, 0.04184326811964381)]
    [InlineData(1.6448536269514722, 2.1680417750836227)]
    public void Sigma_is_the_exponential_of_a_normal_number(double normal, double sigma)
    {
        NoiseLevel level = EdmNoise.Default.LevelFrom(normal, 0.5);
        level.Sigma.Should().BeApproximately((float)sigma, 1e-6f);
        level.SignalScale.Should().Be(1f);
    }

    [Theory]
    [InlineData(0.5, 0.5, 0.35355339059327373, 1.4142135623730951, -0.17328679513998632, 8.0)]
    [InlineData(1.0, 0.2, 0.4472135954999579, 0.8944271909999159, 0.0, 5.0)]
    public void Coefficients_follow_table_1_of_edm(double sigma, double skip, double output, double input, double conditioning, double weight)
    {
        EdmNoise edm = EdmNoise.Default;
        edm.SkipScaling(sigma).Should().BeApproximately(skip, 1e-15);
        edm.OutputScaling(sigma).Should().BeApproximately(output, 1e-15);
        edm.InputScaling(sigma).Should().BeApproximately(input, 1e-15);
        EdmNoise.NoiseConditioning(sigma).Should().BeApproximately(conditioning, 1e-15);
        edm.LossWeight(sigma).Should().BeApproximately(weight, 1e-14);
    }

    [Fact]
    public void Scaled_input_has_unit_variance_where_the_signal_has_that_of_sigma_data()
    {
        NoiseLevel level = (EdmNoise.Default with { ScaleInput = true }).LevelFrom(0.3, 0);
        double variance = Math.Pow(level.SignalScale * 0.5, 2) + Math.Pow(level.Sigma, 2);
        variance.Should().BeApproximately(1.0, 1e-6);
    }

    [Fact]
    public void Every_unusable_setting_is_named()
    {
        new EdmNoise { PMean = double.NaN, PStd = -1, SigmaData = 0 }.Validate().Should().Equal(
            "EdmNoise.PMean is NaN; it is the mean of ln sigma and must be a finite number (default -1.2).",
            "EdmNoise.PStd is -1; it is the standard deviation of ln sigma and must be finite and at least 0 (default 1.2).",
            "EdmNoise.SigmaData is 0; it must be finite and above 0 (default 0.5).");
    }

    [Theory]
    [InlineData(100, 1.2, 0.5, "EdmNoise.PMean is 100 and PStd is 1.2, so that ln sigma could be up to 112 from 0 (ten standard deviations out); at most 40 can be computed with. Lower them (defaults -1.2 and 1.2).")]
    [InlineData(-1.2, 5, 0.5, "EdmNoise.PMean is -1.2 and PStd is 5, so that ln sigma could be up to 51.2 from 0 (ten standard deviations out); at most 40 can be computed with. Lower them (defaults -1.2 and 1.2).")]
    [InlineData(-1.2, 1.2, 1e-200, "EdmNoise.SigmaData is 1E-200; it must be from 1E-15 to 1E+15 (default 0.5).")]
    public void Settings_that_would_leave_the_range_of_a_float_are_refused(double mean, double std, double data, string message) =>
        new EdmNoise { PMean = mean, PStd = std, SigmaData = data }.Validate().Should().Equal(message);

    [Fact]
    public void The_widest_settings_give_finite_levels_for_every_draw()
    {
        foreach (EdmNoise noise in new[] { new EdmNoise { PMean = 0, PStd = 4 }, new EdmNoise { PMean = 40, PStd = 0 }, new EdmNoise { PMean = -20, PStd = 2, SigmaData = 1e-15, ScaleInput = true } })
        {
            noise.Validate().Should().BeEmpty();
            foreach (double draw in new[] { -9.0, 0, 9 })
            {
                NoiseLevel level = noise.LevelFrom(draw, 0);
                float.IsFinite(level.Sigma * level.Sigma).Should().BeTrue();
                float.IsFinite(level.SignalScale).Should().BeTrue();
            }
        }
    }

    [Fact]
    public void Coefficients_without_a_value_at_zero_say_so()
    {
        Action conditioning = () => EdmNoise.NoiseConditioning(0);
        Action weight = () => EdmNoise.Default.LossWeight(0);
        conditioning.Should().Throw<ArgumentOutOfRangeException>().WithMessage("sigma must be above 0; this coefficient of EDM has no value there.*");
        weight.Should().Throw<ArgumentOutOfRangeException>();
    }
}
