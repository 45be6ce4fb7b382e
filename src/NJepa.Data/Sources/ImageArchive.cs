using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace NJepa.Data;

/// <summary>
/// The images of a zip archive, read in place without unpacking. The layout, the order and the labels are those of
/// <see cref="ImageFolder"/>.
/// </summary>
/// <remarks>
/// Any number of threads read at once, each at its own place in the file; nothing is locked. Entries may be stored or deflated; an
/// encrypted entry or another compression counts as a bad image. Sizes in the archive are not trusted: a reader bounds what it takes (see
/// <see cref="ImageDecodingOptions.MaxFileBytes"/>).
/// </remarks>
public sealed class ImageArchive : IImageSource, IDisposable
{
    private const ushort Stored = 0;
    private const ushort Deflated = 8;

    private readonly SafeFileHandle _file;
    private readonly ZipEntry[] _entries;
    private readonly int[] _labels;

    private ImageArchive(string path, SafeFileHandle file, ZipEntry[] entries, ImageIndex index)
    {
        Path = path;
        _file = file;
        _entries = entries;
        _labels = index.Labels;
        ClassNames = index.ClassNames;
    }

    /// <summary>The archive, as a full path.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public int Count => _entries.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Lists the images of a zip archive and keeps the file open.</summary>
    /// <param name="path">The zip file.</param>
    /// <param name="split">The split folder to read, such as <c>train</c> (<c>val</c>, <c>valid</c> and <c>validation</c> stand for each
    /// other); null reads all images.</param>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="ImageSourceException"> The file does not exist, cannot be opened, is not a zip archive, is damaged, holds no
    /// images or unsafe names, or lacks the split.
    /// </exception>
    public static ImageArchive Open(string path, string? split = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string fullPath = System.IO.Path.GetFullPath(path);
        if (!File.Exists(fullPath))
        {
            string hint = Directory.Exists(fullPath)
                ? "It is a folder; open it with ImageFolder.Open or ImageSource.Open."
                : "Check the path.";
            throw new ImageSourceException($"The image archive '{fullPath}' does not exist. {hint}");
        }

        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(fullPath, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
            List<ZipEntry> images = Select(ZipDirectory.Read(file), fullPath);
            ImageIndex index = ImageIndex.Build([.. images.Select(entry => entry.Name)], split, fullPath);
            var archive = new ImageArchive(fullPath, file, [.. index.Entries.Select(i => images[i])], index);
            file = null;
            return archive;
        }
        catch (InvalidDataException e)
        {
            throw new ImageSourceException(
                $"'{fullPath}' cannot be read as a zip archive: {e.Message}. Make the archive again, or pass a folder of images.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageSourceException($"The image archive '{fullPath}' cannot be opened: {e.Message}", e);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>The path of an image inside the archive, with '/' as separator.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    public string GetName(int index) => _entries[index].Name;

    /// <inheritdoc/>
    public int GetLabel(int index) => _labels[index];

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The entry is damaged, encrypted or compressed in an unknown way.</exception>
    /// <exception cref="ObjectDisposedException">The archive was disposed.</exception>
    public Stream OpenRead(int index)
    {
        ZipEntry entry = _entries[index];
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        if (entry.Encrypted)
        {
            throw new InvalidDataException("it is encrypted in the archive; make the archive again without a password");
        }

        if (entry.Method is not (Stored or Deflated))
        {
            throw new InvalidDataException(
                $"it is compressed in the archive by method {entry.Method}; only stored (0) and deflated (8) entries are read");
        }

        long start = ZipDirectory.FindData(_file, entry);
        var stored = new ZipEntryStream(_file, start, entry.CompressedLength);
        return entry.Method == Stored ? stored : new DeflateStream(stored, CompressionMode.Decompress);
    }

    /// <summary>From the checksum (CRC-32) and the length that the archive states for the image.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    public long GetStamp(int index) => ((long)_entries[index].Checksum << 32) ^ _entries[index].CompressedLength;

    /// <summary>Closes the file. Images can no longer be read.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>The path, the number of images and the number of classes.</summary>
    public override string ToString() => $"{Path}: {Count} images, {ClassNames.Count} classes";

    private static List<ZipEntry> Select(List<ZipEntry> all, string path)
    {
        var images = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        foreach (ZipEntry entry in all)
        {
            if (IsUnsafe(entry.Name))
            {
                // Nothing is ever unpacked, so such a name can do no harm here; but whoever unpacks this archive is attacked, or
                // the archive is broken.
                throw new ImageSourceException(
                    $"The archive '{path}' holds an entry with the unsafe name '{Printable.Name(entry.Name)}'. " +
                    "Names must be relative and free of '..'; make the archive again.");
            }

            if (ImageIndex.IsImage(entry.Name))
            {
                // As when unpacking: the later of two entries of one name wins.
                images[entry.Name] = entry;
            }
        }

        return [.. images.Values];
    }

    private static bool IsUnsafe(string name) =>
        name.StartsWith('/') || name.Contains('\0') || (name.Length >= 2 && name[1] == ':' && char.IsAsciiLetter(name[0])) || LeadsUp(name);

    private static bool LeadsUp(ReadOnlySpan<char> name)
    {
        foreach (Range segment in name.Split('/'))
        {
            if (name[segment] is "..")
            {
                return true;
            }
        }

        return false;
    }
}
