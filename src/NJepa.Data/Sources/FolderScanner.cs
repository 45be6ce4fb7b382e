namespace NJepa.Data;

/// <summary>Lists the image files below a folder as relative paths with '/' as separator.</summary>
internal static class FolderScanner
{
    /// <summary>Deep enough for any data set; ends a cycle that was not recognised as one.</summary>
    private const int MaxDepth = 32;

    public static List<string> Scan(string root)
    {
        var paths = new List<string>();
        Scan(RealPath.Of(root), "", [], paths);
        return paths;
    }

    /// <param name="folder">A path without links: relative links in it are then followed as the system follows them.</param>
    /// <param name="prefix">Where it lies for the user, who may have reached it through links.</param>
    /// <param name="parents">The folders above, without links too.</param>
    /// <param name="paths">Receives the files.</param>
    private static void Scan(string folder, string prefix, List<string> parents, List<string> paths)
    {
        // Linked class folders are common in subsets of large data sets, so links are followed, except back up.
        if (parents.Contains(folder) || parents.Count > MaxDepth)
        {
            return;
        }

        parents.Add(folder);
        var everything = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", everything))
        {
            string path = prefix + entry.Name;
            if (entry is DirectoryInfo child)
            {
                if (!ImageIndex.IsIgnored(entry.Name))
                {
                    bool isLink = child.Attributes.HasFlag(FileAttributes.ReparsePoint);
                    Scan(isLink ? RealPath.Of(child.FullName) : child.FullName, path + "/", parents, paths);
                }
            }
            else if (ImageIndex.IsImage(path))
            {
                paths.Add(path);
            }
        }

        parents.RemoveAt(parents.Count - 1);
    }
}
