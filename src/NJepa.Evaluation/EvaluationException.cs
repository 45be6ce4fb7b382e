namespace NJepa.Evaluation;

/// <summary>
/// The features cannot be evaluated as asked: unlabelled or one-class sets, classes that differ between the splits, features that are not
/// finite, more neighbours than training images. The message names what was found, what is allowed and what to do.
/// </summary>
public sealed class EvaluationException : Exception
{
    /// <summary>An exception without a message of its own.</summary>
    public EvaluationException()
        : base("The features cannot be evaluated.")
    {
    }

    /// <summary>An exception with a message.</summary>
    /// <param name="message">What is wrong and what to do about it.</param>
    public EvaluationException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and a cause.</summary>
    /// <param name="message">What is wrong and what to do about it.</param>
    /// <param name="innerException">The cause.</param>
    public EvaluationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
