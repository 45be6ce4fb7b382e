namespace NJepa.Data;

/// <summary>Follows links as the operating system does.</summary>
/// <remarks>
/// FileSystemInfo.ResolveLinkTarget takes the ".." of a relative link from the path as it is written; where that path itself leads
/// through a link the system goes elsewhere, and a scan that believed the former would miss files, or not notice that it goes in circles.
/// </remarks>
internal static class RealPath
{
    /// <summary>As in Linux.</summary>
    private const int MaxLinks = 40;

    /// <summary>The path without links. Parts that do not exist stay as they are.</summary>
    /// <param name="path">A full path.</param>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static string Of(string path)
    {
        var pending = new Stack<string>();
        string real = Push(path, pending, real: "");
        int links = 0;
        while (pending.TryPop(out string? part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            string next = Path.Join(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
            }
            else if (++links > MaxLinks)
            {
                throw new IOException($"'{path}' is a link that leads in a circle, or through more than {MaxLinks} links.");
            }
            else
            {
                real = Push(target, pending, real);
            }
        }

        return real;
    }

    /// <summary>The file that a path leads to, without opening it.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static FileInfo File(string path)
    {
        var file = new FileInfo(path);
        // A missing file has all attributes.
        return file.Exists && file.Attributes.HasFlag(FileAttributes.ReparsePoint) ? new FileInfo(Of(path)) : file;
    }

    /// <returns>Where the parts begin: the root of an absolute path, the folder reached so far for a relative one.</returns>
    private static string Push(string path, Stack<string> pending, string real)
    {
        string root = Path.GetPathRoot(path) ?? "";
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        string[] parts = path[root.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] != ".")
            {
                pending.Push(parts[i]);
            }
        }

        return root.Length > 0 ? root : real;
    }
}
