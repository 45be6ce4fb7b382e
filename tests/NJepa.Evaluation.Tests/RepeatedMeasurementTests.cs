using System.Text.Json;

namespace NJepa.Evaluation.Tests;

public sealed class RepeatedMeasurementTests
{
    // Student's t for 97.5 %, from the tables of statistics: 12.706 (1), 4.303 (2), 2.776 (4), 2.228 (10), 2.042 (30).
    [Theory]
    [InlineData(2, 12.7062)]
    [InlineData(3, 4.30265)]
    [InlineData(5, 2.77645)]
    [InlineData(11, 2.22814)]
    [InlineData(31, 2.04227)]
    public void The_interval_is_students(int count, double t)
    {
        double[] values = [.. Enumerable.Range(0, count).Select(i => (i * 0.37) - (i % 3))];
        double mean = values.Sum() / count;
        double deviation = Math.Sqrt(values.Sum(value => Math.Pow(value - mean, 2)) / (count - 1));

        var measured = new RepeatedMeasurement(values);

        measured.Mean.Should().BeApproximately(mean, 1e-12);
        measured.StandardDeviation.Should().BeApproximately(deviation, 1e-12);
        measured.MeanInterval!.Value.Low.Should().BeApproximately(mean - (t * deviation / Math.Sqrt(count)), 1e-4);
        measured.MeanInterval!.Value.High.Should().BeApproximately(mean + (t * deviation / Math.Sqrt(count)), 1e-4);
    }

    [Fact]
    public void One_value_has_no_deviation()
    {
        var measured = new RepeatedMeasurement([0.5]);
        measured.Mean.Should().Be(0.5);
        measured.StandardDeviation.Should().BeNull();
        measured.MeanInterval.Should().BeNull();
    }

    [Fact]
    public void Nothing_and_what_is_not_finite_is_refused()
    {
        Action none = () => _ = new RepeatedMeasurement([]), infinite = () => _ = new RepeatedMeasurement([1, double.NaN]);
        none.Should().Throw<ArgumentException>().WithMessage("There is no value; a mean needs at least one.*");
        infinite.Should().Throw<ArgumentException>().WithMessage("Value 1 is not finite; leave it out or measure it again.*");
    }

    [Fact]
    public void It_reads_back_from_json() =>
        JsonSerializer.Deserialize<RepeatedMeasurement>(JsonSerializer.Serialize(new RepeatedMeasurement([1, 2.5])))!.Values.Should().Equal(1, 2.5);
}
