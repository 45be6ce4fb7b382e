namespace NJepa.Training;

/// <summary>A checkpoint is damaged, does not fit the run that is to go on from it, or there is none. The message says why and what to do; nothing was changed.</summary>
public sealed class CheckpointException : TrainingException
{
    /// <summary>An exception with the given message.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public CheckpointException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
