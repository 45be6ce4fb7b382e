using NJepa.Data;
using NJepa.Evaluation;

namespace NJepa.Training;

/// <summary>What a fine-tuning run gave.</summary>
/// <param name="Classifier">The weights of the best epoch; those that the run has reached, where there is no validation split or no epoch has ended. Belongs to the result.</param>
/// <param name="History">All epochs that have ended.</param>
/// <param name="BestEpoch">The epoch of the weights, counted from 1: the one with the highest validation accuracy, of equal ones the latest. Without a validation split the last that has ended; 0 before the first has.</param>
/// <param name="IsComplete">Whether the run reached its last step; false when it was cancelled.</param>
/// <param name="Validation">The result of the best epoch on the validation split. It was used for the choice: the test set tells how good the weights are.</param>
/// <param name="Test">The result on the test set; null where none was given or the run was cancelled.</param>
/// <param name="BadImages">The training images that could not be read; others took their places.</param>
/// <param name="Elapsed">The time that it took.</param>
public sealed record FineTuningResult(
    FineTunedClassifier Classifier,
    IReadOnlyList<FineTuningEpoch> History,
    int BestEpoch,
    bool IsComplete,
    ClassificationResult? Validation,
    ClassificationResult? Test,
    IReadOnlyList<BadImage> BadImages,
    TimeSpan Elapsed) : IDisposable
{
    /// <summary>Frees the encoder of <see cref="Classifier"/>.</summary>
    public void Dispose() => Classifier.Dispose();

    /// <summary>One line for a console or a log.</summary>
    public override string ToString()
    {
        string epoch = BestEpoch > 0 ? FormattableString.Invariant($"epoch {BestEpoch} of {History.Count}") : "no epoch has ended";
        return Test is not null ? $"{Test}; {epoch}" : Validation is not null ? $"{Validation} (validation); {epoch}" : epoch;
    }
}
