namespace NJepa;

/// <summary>
/// Writes a file whole or not at all: beside the destination, flushed to disk, renamed. A crash, a full disk or an exception leaves the old file as it was and nothing beside it.
/// </summary>
internal static class FileReplacement
{
    private const int BufferLength = 1 << 20;

    /// <summary>Writes a file.</summary>
    /// <param name="path">The destination; an existing file is replaced, missing folders are made.</param>
    /// <param name="write">Writes the content; it checks its arguments before, since an <see cref="ArgumentOutOfRangeException"/> of it is taken for the limit on the size of files.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        string fullPath = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(fullPath) ?? throw new IOException($"'{path}' is a root folder; give the path of a file."));
        string temporary = $"{fullPath}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferLength))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, fullPath, overwrite: true);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw FileLimit.Explain(fullPath, exception);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
