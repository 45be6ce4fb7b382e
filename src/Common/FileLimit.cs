namespace NJepa;

/// <summary>
/// Of a file that may grow no further (EFBIG: 4 GB on FAT32, <c>ulimit -f</c>, a quota), .NET tells by an <see cref="ArgumentOutOfRangeException"/>, as if the caller had passed a wrong argument.
/// Whoever handles failing disks does not expect it, and a run ended in a crash instead of a message. Writers turn it into what it is.
/// </summary>
internal static class FileLimit
{
    /// <summary>The exception that is meant.</summary>
    /// <param name="path">The file.</param>
    /// <param name="exception">What writing it threw.</param>
    public static IOException Explain(string path, ArgumentOutOfRangeException exception) =>
        new($"'{path}' may grow no further: the file system, or a limit on the size of files (ulimit -f), does not allow it.", exception);
}
