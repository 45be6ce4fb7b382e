using System.Runtime.InteropServices;

namespace NJepa.Training;

/// <summary>
/// What a file system keeps after the power fails. Flushing a file saves its bytes, but not its name, which is an entry of the folder: without flushing the folder too, a file that was written,
/// flushed and renamed may be gone, or stand under its old name, after a crash.
/// </summary>
internal static class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>Writes a small file whole or not at all, and saves its name.</summary>
    public static void Replace(string path, byte[] content)
    {
        FileReplacement.Write(path, stream => stream.Write(content));
        Flush(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
    }

    /// <summary>Saves the names in a folder. On Windows the file system's journal does it; file systems that cannot do it are left alone.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, ReadOnly);
        if (descriptor >= 0)
        {
            _ = Synchronize(descriptor);
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Synchronize(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
