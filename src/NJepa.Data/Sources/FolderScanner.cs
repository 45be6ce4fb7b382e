namespace NJepa.Data;

/// <summary>Lists the image files below a folder as relative paths with '/' as separator.</summary>
internal static class FolderScanner
{
    /// <summary>Deep enough for any data set; ends a cycle that was not recognised as one.</summary>
    private const int MaxDepth = 32;

    /// <summary>More paths to one folder than a subset made of links has; folders that all link to each other have millions.</summary>
    private const int MaxPathsToFolder = 64;

    public static List<string> Scan(string root)
    {
        var paths = new List<string>();
        Scan(RealPath.Of(root), "", [], [], paths);
        return paths;
    }

    /// <param name="folder">A path without links: relative links in it are then followed as the system follows them.</param>
    /// <param name="prefix">Where it lies for the user, who may have reached it through links.</param>
    /// <param name="parents">The folders above, without links too.</param>
    /// <param name="visits">How often each folder was reached.</param>
    /// <param name="paths">Receives the files.</param>
    /// <exception cref="IOException">Links lead to one folder in too many ways.</exception>
    private static void Scan(string folder, string prefix, List<string> parents, Dictionary<string, int> visits, List<string> paths)
    {
        // Linked class folders are common in subsets of large data sets, so links are followed, except back up.
        if (parents.Contains(folder) || parents.Count > MaxDepth)
        {
            return;
        }

        visits[folder] = visits.GetValueOrDefault(folder) + 1;
        if (visits[folder] > MaxPathsToFolder)
        {
            throw new IOException($"links lead to '{folder}' in more than {MaxPathsToFolder} ways, so that its images would be there as often; take away links between the folders.");
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
                    Scan(isLink ? RealPath.Of(child.FullName) : child.FullName, path + "/", parents, visits, paths);
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
