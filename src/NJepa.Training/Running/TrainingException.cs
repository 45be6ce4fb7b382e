namespace NJepa.Training;

/// <summary>A run cannot start or go on. The message says why and what to do.</summary>
public class TrainingException : Exception
{
    /// <summary>An exception with the given message.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public TrainingException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
