namespace NJepa.Evaluation;

/// <summary>All draws of one budget.</summary>
/// <param name="Budget">How many labels were drawn.</param>
/// <param name="Draws">The draws; at least one.</param>
public sealed record LowShotBudgetResult(LabelBudget Budget, IReadOnlyList<LowShotDraw> Draws)
{
    /// <summary>The mean accuracy over the draws, from 0 to 1.</summary>
    public double MeanAccuracy => Accuracies.Mean;

    /// <summary>The sample standard deviation of the accuracy over the draws (with n - 1 in the denominator); null of one draw.</summary>
    public double? StandardDeviation => Accuracies.StandardDeviation;

    /// <summary>
    /// The 95 % interval of the mean over draws, by Student's t distribution, kept inside [0, 1]; null of one draw. It says how well the mean over all possible draws is known
    /// from these few, on these test images; all draws share the test images, whose choice it does not cover.
    /// </summary>
    public AccuracyInterval? MeanInterval =>
        Accuracies.MeanInterval is { } interval ? new AccuracyInterval(Math.Max(0, interval.Low), Math.Min(1, interval.High)) : null;

    private RepeatedMeasurement Accuracies => new([.. Draws.Select(draw => draw.Accuracy)]);
}
