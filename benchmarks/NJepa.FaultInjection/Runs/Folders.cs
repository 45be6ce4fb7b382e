namespace NJepa.FaultInjection.Runs;

/// <summary>Copies of folders.</summary>
internal static class Folders
{
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(file));
        }
    }

    /// <summary>Bytes of all files, each rounded up to whole blocks.</summary>
    public static long Bytes(string folder)
    {
        const long Block = 4096;
        return Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Sum(path => File.Exists(path) ? (new FileInfo(path).Length + Block - 1) / Block * Block : Block);
    }
}
