namespace NJepa.Training;

/// <summary>
/// A loss or a gradient became infinite or not a number. The weights do not know of it: they are those before the step. The message names the step, the terms, the images and what to do.
/// </summary>
public sealed class NonFiniteException : TrainingException
{
    /// <summary>An exception about a step.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="step">The step, counted from 1.</param>
    /// <param name="terms">The terms that were not finite.</param>
    /// <param name="sampleIndices">The images of the step, as indices into the image source.</param>
    public NonFiniteException(string message, long step, IReadOnlyList<string> terms, IReadOnlyList<long> sampleIndices)
        : base(message)
    {
        (Step, Terms, SampleIndices) = (step, terms, sampleIndices);
    }

    /// <summary>The step, counted from 1 as <see cref="TrainingProgress.Step"/> is.</summary>
    public long Step { get; }

    /// <summary>What was not finite in it: <c>clean-teacher</c>, <c>noisy-teacher</c>, <c>noisy-clean</c>, <c>variance</c>, <c>covariance</c>, <c>total</c>, <c>gradient</c>, in this order; in fine-tuning <c>loss</c>, <c>gradient</c>.</summary>
    public IReadOnlyList<string> Terms { get; }

    /// <summary>The images of the step, as indices into the image source; <c>IImageSource.GetName</c> gives their names.</summary>
    public IReadOnlyList<long> SampleIndices { get; }
}
