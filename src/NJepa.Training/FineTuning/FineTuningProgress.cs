using System.Globalization;

namespace NJepa.Training;

/// <summary>Where a fine-tuning run is, every <see cref="FineTuningOptions.LogEvery"/> steps and at the end of each epoch.</summary>
/// <param name="Step">Steps done so far.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Epoch">The epoch of the last step, counted from 1.</param>
/// <param name="Epochs">Epochs of the whole run.</param>
/// <param name="Loss">Mean cross-entropy with label smoothing since the last report.</param>
/// <param name="TrainingAccuracy">The part of the random crops since the last report whose class was recognised, from 0 to 1.</param>
/// <param name="LearningRate">The head's learning rate in the last step.</param>
/// <param name="ImagesPerSecond">Images trained on per second since the last report.</param>
/// <param name="Elapsed">Time since the run started.</param>
public sealed record FineTuningProgress(
    long Step, long TotalSteps, int Epoch, int Epochs, double Loss, double TrainingAccuracy, double LearningRate, double ImagesPerSecond, TimeSpan Elapsed)
{
    /// <summary>The epoch that has just ended, with its validation; null in all other reports.</summary>
    public FineTuningEpoch? CompletedEpoch { get; init; }

    /// <summary>One line for a console or a log.</summary>
    public override string ToString() => CompletedEpoch is { } done
        ? done.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"step {Step}/{TotalSteps}, epoch {Epoch}/{Epochs}: loss {Loss:0.0000}, training accuracy {100 * TrainingAccuracy:0.0} %; {ImagesPerSecond:0} images/s");
}
