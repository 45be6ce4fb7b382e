namespace NJepa.Training.Tests;

public sealed class TrainingProgressTests
{
    [Fact]
    public void A_report_reads_as_one_line()
    {
        var losses = new LossValues(0.31234, 0.25, 0.3, null, 0.2, null);
        var report = new TrainingProgress(10, 992, 1, 16, losses, default, 431.6, 0.01, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(115));
        report.ToString().Should().Be(
            "step 10/992, epoch 1/16: loss 0.3123, clean-teacher 0.2500, noisy-teacher 0.3000, variance 0.2000; 432 images/s, 00:01:55 left");
    }
}
