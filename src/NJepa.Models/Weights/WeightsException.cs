namespace NJepa.Models;

/// <summary>A weights file is damaged, or does not fit the model that is to read it. The message names the file and every difference.</summary>
public sealed class WeightsException : Exception
{
    /// <summary>An exception with the given message.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public WeightsException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
