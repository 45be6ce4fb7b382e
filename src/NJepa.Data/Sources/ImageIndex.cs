using System.Collections.Frozen;

namespace NJepa.Data;

/// <summary>
/// Turns a list of relative paths into an ordered, labelled list of images. Folders and archives share it, so that a folder and a zip of
/// it give the same list.
/// </summary>
internal sealed class ImageIndex
{
    private static readonly string[] SplitNames = ["train", "val", "valid", "validation", "test"];

    private static readonly FrozenSet<string> Splits = SplitNames.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Extensions =
        new[] { ".jpg", ".jpeg", ".png", ".webp", ".bmp" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private ImageIndex(int[] entries, int[] labels, string[] classNames)
    {
        Entries = entries;
        Labels = labels;
        ClassNames = classNames;
    }

    /// <summary>Positions in the list of paths that <see cref="Build"/> was given, in ordinal order of the paths.</summary>
    public int[] Entries { get; }

    /// <summary>The label of each entry, -1 without one.</summary>
    public int[] Labels { get; }

    public string[] ClassNames { get; }

    /// <summary>Whether a file or folder of this name is passed over: hidden ones and the droppings of macOS.</summary>
    public static bool IsIgnored(ReadOnlySpan<char> segment) =>
        segment.StartsWith('.') || segment.Equals("__MACOSX", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a path with '/' as separator is an image by its extension, and nothing on the way is hidden.</summary>
    public static bool IsImage(string path)
    {
        foreach (Range range in path.AsSpan().Split('/'))
        {
            if (IsIgnored(path.AsSpan(range)))
            {
                return false;
            }
        }

        return Extensions.GetAlternateLookup<ReadOnlySpan<char>>().Contains(Path.GetExtension(path.AsSpan()));
    }

    /// <summary>Orders and labels <paramref name="paths"/>, which are images, relative, with '/' as separator.</summary>
    /// <exception cref="ImageSourceException">There is no image, or the split is unknown.</exception>
    public static ImageIndex Build(IReadOnlyList<string> paths, string? split, string place)
    {
        if (paths.Count == 0)
        {
            throw new ImageSourceException(
                $"'{place}' holds no images. Files ending in .jpg, .jpeg, .png, .webp or .bmp were looked for, in it and below it.");
        }

        // A wrapper, a split, a class and a rest: names in a hostile archive may have thousands of segments.
        string[][] segments = [.. paths.Select(path => path.Split('/', 4))];
        int depth = WrapperDepth(segments);
        bool hasSplits = segments.All(path => path.Length >= depth + 2 && Splits.Contains(path[depth]));
        Func<string[], bool> selected = _ => true;
        if (split is not null)
        {
            string name = ResolveSplit(segments, hasSplits, depth, split, place);
            selected = path => path[depth].Equals(name, StringComparison.OrdinalIgnoreCase);
        }

        // The classes of all splits together: a label means the same class in each of them, even where a class is missing from one.
        int classDepth = depth + (hasSplits ? 1 : 0);
        IEnumerable<string> classes = segments.Where(path => path.Length >= classDepth + 2).Select(path => path[classDepth]).Distinct();
        string[] classNames = [.. classes.Order(StringComparer.Ordinal)];
        var labelOf = classNames.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);

        IEnumerable<int> chosen = Enumerable.Range(0, paths.Count).Where(i => selected(segments[i]));
        int[] entries = [.. chosen.OrderBy(i => paths[i], StringComparer.Ordinal)];
        int[] labels = [.. entries.Select(i => segments[i].Length >= classDepth + 2 ? labelOf[segments[i][classDepth]] : -1)];
        return new ImageIndex(entries, labels, classNames);
    }

    /// <summary>
    /// 1 when a single folder wraps all others, as zip programs make it when they are given a folder: classes are looked for below it. A
    /// single folder with images directly in it is a class.
    /// </summary>
    private static int WrapperDepth(string[][] segments)
    {
        string first = segments[0][0];
        bool wrapped = !Splits.Contains(first) && segments.All(path => path.Length >= 3 && path[0] == first);
        return wrapped ? 1 : 0;
    }

    private static string ResolveSplit(string[][] segments, bool hasSplits, int depth, string split, string place)
    {
        if (!hasSplits)
        {
            throw new ImageSourceException(
                $"Split '{split}' was asked for, but '{place}' has no split folders: " +
                $"its top level would have to consist of folders named {string.Join(", ", SplitNames)} alone. Leave the split out to read all images.");
        }

        IEnumerable<string> found = segments.Select(path => path[depth]).Distinct(StringComparer.OrdinalIgnoreCase);
        string[] available = [.. found.Order(StringComparer.Ordinal)];
        string? match = available.FirstOrDefault(name => name.Equals(split, StringComparison.OrdinalIgnoreCase));
        if (match is null && IsValidation(split))
        {
            match = available.FirstOrDefault(IsValidation);
        }

        return match ?? throw new ImageSourceException(
            $"Split '{split}' is not in '{place}', which has {string.Join(", ", available)}. " +
                "Use one of these, or leave the split out to read all images.");
    }

    private static bool IsValidation(string name) => name.StartsWith("val", StringComparison.OrdinalIgnoreCase) && Splits.Contains(name);
}
