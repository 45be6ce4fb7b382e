namespace NJepa.Data;

/// <summary>
/// A folder, archive or other image source cannot be used: the path does not exist, it holds no images, it is not a zip file, it lacks
/// the requested split, the source failed while it was read, or packed images are damaged or cannot be written. The message says which,
/// and what to do.
/// </summary>
public sealed class ImageSourceException : Exception
{
    /// <summary>Creates the exception with a message that says what is wrong with which source.</summary>
    /// <param name="message">What is wrong, what was expected, and what to do.</param>
    public ImageSourceException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and the exception that caused it.</summary>
    /// <param name="message">What is wrong, what was expected, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ImageSourceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
