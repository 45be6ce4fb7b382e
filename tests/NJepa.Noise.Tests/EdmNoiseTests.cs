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

    [Fact]
    public void Coefficients_without_a_value_at_zero_say_so()
    {
        Action conditioning = () => EdmNoise.NoiseConditioning(0);
        Action weight = () => EdmNoise.Default.LossWeight(0);
        conditioning.Should().Throw<ArgumentOutOfRangeException>().WithMessage("sigma must be above 0; this coefficient of EDM has no value there.*");
        weight.Should().Throw<ArgumentOutOfRangeException>();
    }
}
