namespace NJepa.Noise.Tests;

public sealed class PositionNoiseSamplerTests
{
    private const int Blocks = 4;
    private const int Length = 6;
    private const int Width = 24;

    // Both blocks of a pair read patches 10..15, in different order.
    private static readonly int[] OneImage = [10, 11, 12, 13, 14, 15, 15, 14, 13, 12, 11, 10, 10, 11, 12, 13, 14, 15, 10, 11, 12, 13, 14, 15];

    private static PositionNoiseBatch Draw(NoiseGranularity granularity, int images, PositionNoise? noise = null, long step = 0, int width = Width)
    {
        int[] targets = Enumerable.Repeat(OneImage, images).SelectMany(patches => patches).ToArray();
        long[] samples = Enumerable.Range(100, images).Select(index => (long)index).ToArray();
        return new PositionNoiseSampler(noise ?? EdmNoise.Default, granularity, width).Sample(7, step, samples, targets, Blocks);
    }

    private static Span<float> Token(PositionNoiseBatch batch, int image, int block, int token) =>
        batch.Values.AsSpan(((((image * Blocks) + block) * Length) + token) * batch.Width, batch.Width);

    [Fact]
    public void Single_level_noise_reads_one_map()
    {
        PositionNoiseBatch batch = Draw(NoiseGranularity.SingleLevel, 3);
        for (int image = 0; image < 3; image++)
        {
            for (int token = 0; token < Length; token++)
            {
                Token(batch, image, 1, Length - 1 - token).ToArray().Should().Equal(Token(batch, image, 0, token).ToArray());
                Token(batch, image, 2, token).ToArray().Should().Equal(Token(batch, image, 0, token).ToArray());
            }

            batch.Levels.Skip(image * Blocks).Take(Blocks).Distinct().Should().HaveCount(1);
        }

        batch.Levels.Distinct().Should().HaveCount(3);
    }

    [Fact]
    public void Multi_level_draws_are_independent()
    {
        PositionNoiseBatch batch = Draw(NoiseGranularity.MultiLevel, 2000, new FixedNoise(1));
        // Block 2 and block 3 read the same patches in the same order; so do images that follow each other.
        Correlation(batch, 2, 3, 0).Should().BeApproximately(0, 0.006);
        Correlation(batch, 2, 2, 1).Should().BeApproximately(0, 0.006);
        Correlation(batch, 2, 2, 0).Should().BeApproximately(1, 0.01);

        PositionNoiseBatch edm = Draw(NoiseGranularity.MultiLevel, 20_000);
        double[] logs = edm.Levels.Select(level => Math.Log(level.Sigma)).ToArray();
        double covariance = Enumerable.Range(0, 20_000).Average(image => (logs[image * Blocks] + 1.2) * (logs[(image * Blocks) + 1] + 1.2));
        (covariance / 1.44).Should().BeApproximately(0, 0.03);
    }

    [Fact]
    public void Neighbouring_patches_and_channels_are_independent()
    {
        PositionNoiseBatch batch = Draw(NoiseGranularity.SingleLevel, 4000, new FixedNoise(1));
        double patches = 0, channels = 0;
        for (int image = 0; image < 4000; image++)
        {
            Span<float> first = Token(batch, image, 0, 0), second = Token(batch, image, 0, 1);
            for (int c = 0; c < Width; c++)
            {
                patches += first[c] * second[c];
                channels += first[c] * first[(c + 8) % Width];
            }
        }

        (patches / (4000 * Width)).Should().BeApproximately(0, 0.015);
        (channels / (4000 * Width)).Should().BeApproximately(0, 0.015);
    }

    [Fact]
    public void Ln_sigma_has_the_right_mean_and_standard_deviation()
    {
        double[] logs = Draw(NoiseGranularity.MultiLevel, 50_000, width: 2).Levels.Select(level => Math.Log(level.Sigma)).ToArray();
        double mean = logs.Average();
        mean.Should().BeApproximately(-1.2, 0.012);
        Math.Sqrt(logs.Average(log => Math.Pow(log - mean, 2))).Should().BeApproximately(1.2, 0.012);
    }

    [Fact]
    public void Noise_is_standard_normal_times_sigma()
    {
        double[] values = Draw(NoiseGranularity.MultiLevel, 1000, new FixedNoise(2)).Values.Select(value => value / 2.0).ToArray();
        values.Average().Should().BeApproximately(0, 0.006);
        values.Average(value => value * value).Should().BeApproximately(1, 0.01);
        values.Average(value => Math.Pow(value, 4)).Should().BeApproximately(3, 0.06);
        // P(|x| > 1.959964) = 5 %, P(|x| > 3.290527) = 0.1 %.
        values.Average(value => Math.Abs(value) > 1.959964 ? 1.0 : 0.0).Should().BeApproximately(0.05, 0.002);
        values.Average(value => Math.Abs(value) > 3.290527 ? 1.0 : 0.0).Should().BeApproximately(0.001, 0.0003);
    }

    [Fact]
    public void Noise_of_an_image_does_not_depend_on_its_batch()
    {
        PositionNoiseBatch batch = Draw(NoiseGranularity.MultiLevel, 3);
        PositionNoiseBatch alone = new PositionNoiseSampler(EdmNoise.Default, NoiseGranularity.MultiLevel, Width).Sample(7, 0, [101], OneImage, Blocks);
        alone.Values.Should().Equal(batch.Values.Skip(Blocks * Length * Width).Take(Blocks * Length * Width));
        Draw(NoiseGranularity.MultiLevel, 3).Values.Should().Equal(batch.Values);
        Draw(NoiseGranularity.MultiLevel, 3, step: 1).Values.Should().NotEqual(batch.Values);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(24)]
    [InlineData(48)]
    [InlineData(384)]
    public void No_number_is_used_twice(int width)
    {
        float[] values = Draw(NoiseGranularity.MultiLevel, 4, new FixedNoise(1), width: width).Values;
        values.GroupBy(value => value).Count(group => group.Count() > 1).Should().BeLessThanOrEqualTo(values.Length / 100);
    }

    [Fact]
    public void Level_zero_leaves_positions_alone()
    {
        PositionNoiseBatch batch = Draw(NoiseGranularity.MultiLevel, 2, NoNoise.Instance);
        batch.Values.Should().OnlyContain(value => value == 0f);
        batch.ScalesSignal.Should().BeFalse();
        Draw(NoiseGranularity.MultiLevel, 2, VariancePreservingNoise.Cosine).ScalesSignal.Should().BeTrue();
    }

    [Fact]
    public void Unusable_settings_are_listed_together()
    {
        Action build = () => _ = new PositionNoiseSampler(new EdmNoise { PStd = -1 }, (NoiseGranularity)9, 3);
        build.Should().Throw<ArgumentException>().WithMessage(string.Join(
            Environment.NewLine,
            "EdmNoise.PStd is -1; it is the standard deviation of ln sigma and must be finite and at least 0 (default 1.2).",
            "The noise granularity is 9; it must be SingleLevel or MultiLevel.",
            "The width of the position embedding is 3; it must be an even number of at least 2."));
    }

    [Fact]
    public void Targets_that_do_not_divide_are_refused()
    {
        var sampler = new PositionNoiseSampler(EdmNoise.Default, NoiseGranularity.MultiLevel, Width);
        Action sample = () => sampler.Sample(0, 0, [1, 2], [1, 2, 3], 1);
        sample.Should().Throw<ArgumentException>().WithMessage(
            "3 target patches do not divide into 2 images of 1 blocks; give [B,M,T] patch indices with B and M at least 1 (M below 65536).");
    }

    private static double Correlation(PositionNoiseBatch batch, int blockA, int blockB, int imageOffset)
    {
        double sum = 0;
        int images = batch.Images - imageOffset;
        for (int image = 0; image < images; image++)
        {
            for (int token = 0; token < Length; token++)
            {
                Span<float> a = Token(batch, image, blockA, token), b = Token(batch, image + imageOffset, blockB, token);
                for (int c = 0; c < Width; c++)
                {
                    sum += a[c] * b[c];
                }
            }
        }

        double squares = batch.Values.Average(value => (double)value * value);
        return sum / (images * Length * Width) / squares;
    }
}
