namespace NJepa.Data;

/// <summary>Lists the image files below a folder as relative paths with '/' as separator.</summary>
internal static class FolderScanner
{
    /// <summary>Deep enough for any data set; ends a cycle of links that was not recognised as one.</summary>
    private const int MaxDepth = 32;

    public static List<string> Scan(string root)
    {
        var paths = new List<string>();
        Scan(new DirectoryInfo(root), "", [], paths);
        return paths;
    }

    private static void Scan(DirectoryInfo folder, string prefix, List<string> parents, List<string> paths)
    {
        // Linked class folders are common in subsets of large data sets, so links are followed, except back up.
        string real = (folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName;
        if (parents.Contains(real) || parents.Count > MaxDepth)
        {
            return;
        }

        parents.Add(real);
        var everything = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", everything))
        {
            string path = prefix + entry.Name;
            if (entry is DirectoryInfo child)
            {
                if (!ImageIndex.IsIgnored(entry.Name))
                {
                    Scan(child, path + "/", parents, paths);
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
