using Microsoft.Win32.SafeHandles;

namespace NJepa.Data;

/// <summary>
/// A packed file in the making: a temporary file beside the one it will be, renamed when all is written and flushed. A run that is killed
/// leaves the old file or none, never half of one.
/// </summary>
internal sealed class PackFile : IDisposable
{
    private const string Extension = ".partial";

    /// <summary>
    /// A leftover has not been written to for so long. A living run holds its file locked, but not every file system has locks, and over
    /// a network one may bind the processes of one machine alone; a run that packs writes at least every few seconds.
    /// </summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly string _path;
    private readonly string _temporary;
    private readonly PackingDisk _disk;
    private readonly SafeFileHandle _file;
    private long _end = PackedHeader.Length;
    private bool _completed;

    /// <exception cref="ImageSourceException">The folder cannot be written to.</exception>
    public PackFile(string path, PackingDisk disk)
    {
        _path = path;
        _disk = disk;
        _temporary = $"{path}.{Guid.NewGuid():N}{Extension}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = File.OpenHandle(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            DeleteLeftovers(path, _file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <summary>Bytes of pixels so far.</summary>
    public long Written => Interlocked.Read(ref _end) - PackedHeader.Length;

    /// <summary>Writes pixels behind those before. Any number of threads at once, each at its own place.</summary>
    /// <returns>Where they lie.</returns>
    /// <exception cref="ImageSourceException">The disk is full, or cannot be written to.</exception>
    public long Append(ReadOnlySpan<byte> pixels)
    {
        long offset = Interlocked.Add(ref _end, pixels.Length) - pixels.Length;
        Write(pixels, offset);
        return offset;
    }

    /// <summary>Writes the index and the header, and puts the file in its place.</summary>
    /// <exception cref="ImageSourceException">The disk is full, or the file cannot be put there.</exception>
    public void Complete(PackedIndex index, PackedSettings settings, byte[] fingerprint)
    {
        byte[] bytes = index.ToBytes();
        Write(new byte[PixelResampler.Slack], _end);
        long indexOffset = _end + PixelResampler.Slack;
        Write(bytes, indexOffset);
        var header = new PackedHeader(index.Entries.Length, settings, fingerprint, indexOffset, bytes.Length);
        Write(header.ToBytes(bytes), 0);
        try
        {
            RandomAccess.FlushToDisk(_file);
            if (OperatingSystem.IsWindows())
            {
                // There an open file cannot be renamed; elsewhere it stays locked until it has its name.
                _file.Dispose();
            }

            File.Move(_temporary, _path, overwrite: true);
            _completed = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_completed)
        {
            TryDelete(_temporary);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            _disk.Write(_file, bytes, offset);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw Failure(FileLimit.Explain(_path, e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    private ImageSourceException Failure(Exception e)
    {
        string free = _disk.FreeBytes(Path.GetDirectoryName(_path)!) is long bytes
            ? FormattableString.Invariant($"; {bytes / 1e6:0} MB are free there")
            : "";
        return new ImageSourceException(
            $"The packed images '{_path}' cannot be written: {e.Message.TrimEnd('.')}. {FormattableString.Invariant($"{Written / 1e6:0} MB were written")}{free}. " +
            "Nothing of it was kept. Free space, choose another path, or pack with a smaller shorter side.", e);
    }

    /// <summary>Deletes what killed runs left.</summary>
    private static void DeleteLeftovers(string path, SafeFileHandle own)
    {
        try
        {
            // By the clock of the file system, which over a network is not this machine's.
            RandomAccess.Write(own, [0], 0);
            DateTime now = File.GetLastWriteTimeUtc(own);
            foreach (string leftover in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*" + Extension))
            {
                if (IsOwnName(leftover, path) && now - File.GetLastWriteTimeUtc(leftover) > LeftoverAge)
                {
                    DeleteUnlocked(leftover);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder cannot be listed, or the disk is full: packing will say what matters.
        }
    }

    /// <summary>Whether a file is called as this class calls its files: the path, 32 hexadecimal digits, and the extension.</summary>
    private static bool IsOwnName(string file, string path)
    {
        string name = Path.GetFileName(file);
        int start = Path.GetFileName(path).Length + 1;
        return name.Length == start + 32 + Extension.Length && Guid.TryParseExact(name.AsSpan(start, 32), "N", out _);
    }

    private static void DeleteUnlocked(string leftover)
    {
        try
        {
            using (File.OpenHandle(leftover, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
            }

            File.Delete(leftover);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, or not ours to delete.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is being reported already matters more; the next packing tries again.
        }
    }
}
