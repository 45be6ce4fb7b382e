namespace NJepa.Evaluation.Tests;

public sealed class AccuracyGainTests
{
    [Theory]
    // Wald's interval of a table with one half added to each of its four cells.
    [InlineData(30, 10, 100, 0.2, 0.0790723, 0.3130846)]
    [InlineData(0, 0, 50, 0, -0.0376916, 0.0376916)]
    [InlineData(5, 25, 1000, -0.02, -0.0307806, -0.0091396)]
    [InlineData(0, 3, 3, -1, -1, -0.0185807)]
    public void The_interval_is_that_of_Agresti_and_Min(int onlyFeatures, int onlyFloor, int count, double difference, double low, double high)
    {
        var gain = new AccuracyGain("after", "before", "kNN", onlyFeatures, onlyFloor, count);

        gain.Difference.Should().BeApproximately(difference, 1e-12);
        gain.Low.Should().BeApproximately(low, 1e-6);
        gain.High.Should().BeApproximately(high, 1e-6);
        gain.IsBeyondChance.Should().Be(low > 0);
    }

    [Theory]
    [InlineData(0.05, 0.05, 300)]
    [InlineData(0.3, 0.1, 100)]
    [InlineData(0.02, 0.01, 200)]
    public void The_interval_holds_the_true_difference_95_times_in_100(double onlyFeatures, double onlyFloor, int count)
    {
        var random = new Random(1);
        const int trials = 2000;
        int held = 0;
        for (int trial = 0; trial < trials; trial++)
        {
            int b = 0, c = 0;
            for (int i = 0; i < count; i++)
            {
                double u = random.NextDouble();
                b += u < onlyFeatures ? 1 : 0;
                c += u >= onlyFeatures && u < onlyFeatures + onlyFloor ? 1 : 0;
            }

            var gain = new AccuracyGain("after", "before", "kNN", b, c, count);
            held += gain.Low <= onlyFeatures - onlyFloor && gain.High >= onlyFeatures - onlyFloor ? 1 : 0;
        }

        ((double)held / trials).Should().BeInRange(0.935, 0.985);
    }

    [Fact]
    public void Images_are_compared_one_by_one()
    {
        AccuracyGain gain = AccuracyGain.Between("after", Result([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]), "before", Result([0, 0, 1, 1, 1], [1, 0, 0, 0, 0]));

        gain.Should().Be(new AccuracyGain("after", "before", "kNN", OnlyFeatures: 3, OnlyFloor: 1, Count: 5));
        gain.ToString().Should().Be("+40.0 (-30.4 to 87.5)");
    }

    [Fact]
    public void Results_that_do_not_belong_together_are_refused()
    {
        ClassificationResult result = Result([0, 1], [0, 1]);
        Action json = () => AccuracyGain.Between("after", result, "before", ClassificationResult.FromJson(result.ToJson()));
        Action images = () => AccuracyGain.Between("after", result, "before", Result([1, 0], [0, 1]));
        Action method = () => AccuracyGain.Between("after", result, "before", ClassificationResult.FromPredictions("probe", ["cat", "dog"], [0, 1], [0, 1]));

        json.Should().Throw<ArgumentException>().WithMessage(
            "The result of 'before' has no predictions of single images, as one read from JSON; compare results as they were evaluated. (Parameter 'floor')");
        images.Should().Throw<ArgumentException>().WithMessage(
            "'after' and 'before' were not evaluated on the same test images (2 and 2, or other classes); compare results on the same images in the same order. (Parameter 'floor')");
        method.Should().Throw<ArgumentException>().WithMessage("'after' was evaluated by 'kNN' and 'before' by 'probe'; compare results of the same method. (Parameter 'floor')");
    }

    private static ClassificationResult Result(int[] labels, int[] predictions) => ClassificationResult.FromPredictions("kNN", ["cat", "dog"], labels, predictions);
}
