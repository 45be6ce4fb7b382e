namespace NJepa.Samples.Ablation.Running;

/// <summary>
/// The right to work on a run, from its first step until its result is saved; one process at a time has it. It is the operating system's lock on an open file and ends with the process, however that ends.
/// </summary>
internal sealed class RunLease : IDisposable
{
    private const string Name = ".ablation-lock";

    // "Try again" of Linux and of macOS; the sharing and the lock violation of Windows.
    private static readonly int[] LockedCodes = [11, 35, 32, 33];
    private readonly FileStream _file;

    private RunLease(FileStream file) => _file = file;

    /// <summary>Takes it; null where another process has it.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static RunLease? TryTake(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new RunLease(new FileStream(Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
        }
        catch (IOException exception) when (LockedCodes.Contains(exception.HResult & 0xFFFF))
        {
            return null;
        }
    }

    // The file stays: deleting it would let two processes lock two files of the same name.
    public void Dispose() => _file.Dispose();
}
