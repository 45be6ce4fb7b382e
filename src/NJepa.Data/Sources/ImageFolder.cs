namespace NJepa.Data;

/// <summary>
/// The images of a folder tree: <c>&lt;class&gt;/&lt;file&gt;</c>, or <c>&lt;split&gt;/&lt;class&gt;/&lt;file&gt;</c> when the top level
/// consists only of folders named <c>train</c>, <c>val</c>, <c>valid</c>, <c>validation</c> or <c>test</c> (in any case).
/// </summary>
/// <remarks>
/// <para>The class is the first folder (below the split, if there is one); deeper folders belong to it. Images directly in the root, or
/// directly in a split, have no label. A single folder that wraps all others is looked through.</para>
/// <para>Files are images by their extension (.jpg, .jpeg, .png, .webp, .bmp, in any case); hidden files and <c>__MACOSX</c> are passed
/// over. The order is the ordinal order of the relative paths with '/' as separator, the same as that of a zip archive of the folder.
/// Class names are those of all splits together, so that a label means the same class in each split.</para>
/// <para>Links to files and folders are followed, except back up. Only files with a length are opened: pipes, sockets and devices have
/// none, and count as bad images whatever they are called.</para>
/// <para>Safe for any number of threads.</para>
/// </remarks>
public sealed class ImageFolder : IImageSource
{
    private readonly string[] _names;
    private readonly int[] _labels;

    private ImageFolder(string path, string[] names, ImageIndex index)
    {
        Path = path;
        _names = names;
        _labels = index.Labels;
        ClassNames = index.ClassNames;
    }

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public int Count => _names.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Lists the images below a folder. Files are opened only when they are read.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="split">The split folder to read, such as <c>train</c> (<c>val</c>, <c>valid</c> and <c>validation</c> stand for each
    /// other); null reads all images.</param>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="ImageSourceException">The folder does not exist, cannot be listed, holds no images, or lacks the
    /// split.</exception>
    public static ImageFolder Open(string path, string? split = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string root = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(root))
        {
            string hint = File.Exists(root)
                ? "It is a file; a zip archive is opened with ImageArchive.Open or ImageSource.Open."
                : "Check the path.";
            throw new ImageSourceException($"The image folder '{root}' does not exist. {hint}");
        }

        List<string> paths;
        try
        {
            paths = FolderScanner.Scan(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageSourceException(
                $"The image folder '{root}' cannot be listed: {e.Message} " +
                "Give the process permission to read it and all folders below it.", e);
        }

        ImageIndex index = ImageIndex.Build(paths, split, root);
        return new ImageFolder(root, [.. index.Entries.Select(i => paths[i])], index);
    }

    /// <summary>The path of an image relative to <see cref="Path"/>, with '/' as separator.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    public string GetName(int index) => _names[index];

    /// <inheritdoc/>
    public int GetLabel(int index) => _labels[index];

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The file has no bytes, by what the file system states.</exception>
    public Stream OpenRead(int index)
    {
        string path = System.IO.Path.Combine(Path, _names[index]);
        // Opening a pipe waits for whoever writes to it, which may be for ever; pipes, sockets and devices all have the length 0.
        if (RealPath.File(path).Length == 0)
        {
            throw new InvalidDataException("the file is empty (or it is a pipe, a socket or a device)");
        }

        // The decoder reads the whole file in one call: a buffer in between would only copy.
        return new FileStream(path, new FileStreamOptions
        {
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.SequentialScan,
        });
    }

    /// <summary>From the file's length and the time it was last written, of a link those of the file that it leads to; -1 when the file is
    /// gone.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    public long GetStamp(int index)
    {
        try
        {
            FileInfo file = RealPath.File(System.IO.Path.Combine(Path, _names[index]));
            return file.Exists ? unchecked((file.Length * (long)CounterRandom.Increment) ^ file.LastWriteTimeUtc.Ticks) : -1;
        }
        catch (IOException)
        {
            // A link that leads in a circle.
            return -1;
        }
    }

    /// <summary>The path, the number of images and the number of classes.</summary>
    public override string ToString() => $"{Path}: {Count} images, {ClassNames.Count} classes";
}
