namespace NJepa.Models;

/// <summary>The native runtime could not be loaded, or has no such device.</summary>
/// <remarks><see cref="Exception.Message"/> is one line: what is wrong, where, and what to do.</remarks>
public sealed class NativeRuntimeException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="cause">Why it failed.</param>
    /// <param name="message">One line: what is wrong, where, and what to do.</param>
    /// <param name="loaderMessages">What the operating system's loader said; may be empty.</param>
    /// <param name="innerException">The failure underneath, if there was one.</param>
    public NativeRuntimeException(
        NativeRuntimeCause cause,
        string message,
        IReadOnlyList<string>? loaderMessages = null,
        Exception? innerException = null)
        : base(message, innerException)
    {
        Cause = cause;
        LoaderMessages = loaderMessages ?? [];
    }

    /// <summary>Why it failed, for programs that want to react.</summary>
    public NativeRuntimeCause Cause { get; }

    /// <summary>What the operating system's loader said, line by line; empty when it was not asked.</summary>
    public IReadOnlyList<string> LoaderMessages { get; }
}
