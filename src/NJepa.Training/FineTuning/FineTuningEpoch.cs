using System.Globalization;

namespace NJepa.Training;

/// <summary>One epoch of a fine-tuning run.</summary>
/// <param name="Epoch">The epoch, counted from 1.</param>
/// <param name="TrainingLoss">Mean cross-entropy with label smoothing over the epoch's random crops, each measured before the step that it took part in.</param>
/// <param name="TrainingAccuracy">The part of those crops whose class was recognised, from 0 to 1.</param>
/// <param name="ValidationAccuracy">The part of the validation images whose class was recognised at the end of the epoch, from 0 to 1; null without validation images.</param>
/// <param name="LearningRate">The head's learning rate in the last step of the epoch.</param>
public sealed record FineTuningEpoch(int Epoch, double TrainingLoss, double TrainingAccuracy, double? ValidationAccuracy, double LearningRate)
{
    /// <summary>One line for a console or a log.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"epoch {Epoch}: loss {TrainingLoss:0.0000}, training accuracy {100 * TrainingAccuracy:0.0} %{(ValidationAccuracy is { } v ? string.Create(CultureInfo.InvariantCulture, $", validation accuracy {100 * v:0.0} %") : "")}");
}
