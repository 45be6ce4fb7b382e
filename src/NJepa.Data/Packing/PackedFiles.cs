using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace NJepa.Data;

/// <summary>What opening and making packed files have in common.</summary>
internal static class PackedFiles
{
    public static string FullPath(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string fullPath = Path.GetFullPath(path);
        return Directory.Exists(fullPath)
            ? throw new ImageSourceException($"'{fullPath}' is a folder; packed images are one file. Give the path of a file in it.")
            : fullPath;
    }

    /// <summary>Opened so that another process may read it too, or put another file in its place.</summary>
    public static FileStream OpenStream(string path) => new(path, new FileStreamOptions
    {
        Share = FileShare.Read | FileShare.Delete,
        BufferSize = 0,
        Options = FileOptions.RandomAccess,
    });

    /// <summary>Reads and checks everything but the pixels.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or of another version.</exception>
    /// <exception cref="ImageSourceException">The file is no packed file at all.</exception>
    public static (PackedHeader Header, PackedIndex Index, long Length) Read(SafeFileHandle file, string path)
    {
        long length = RandomAccess.GetLength(file);
        byte[] start = ZipDirectory.ReadExactly(file, 0, (int)Math.Min(length, PackedHeader.Length));
        if (!PackedHeader.IsMarked(start))
        {
            throw Foreign(path);
        }

        PackedHeader header = PackedHeader.Parse(start, length);
        byte[] index = ZipDirectory.ReadExactly(file, header.IndexOffset, (int)header.IndexLength);
        PackedHeader.Verify(start, index);
        return (header, PackedIndex.Parse(index, header.Count, header.IndexOffset), length);
    }

    /// <summary>Whoever mistypes a path must not lose what stands there.</summary>
    /// <exception cref="ImageSourceException">There is a file at the path that is not a packed one.</exception>
    public static void RefuseForeign(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using FileStream file = OpenStream(path);
            int length = (int)Math.Min(file.Length, PackedHeader.Length);
            if (length > 0 && !PackedHeader.IsMarked(ZipDirectory.ReadExactly(file.SafeFileHandle, 0, length)))
            {
                throw Foreign(path);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new ImageSourceException($"The packed images '{path}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>States the size that is needed before hours of decoding end at a full disk.</summary>
    /// <exception cref="ImageSourceException">The disk has not the space.</exception>
    public static void RequireSpace(string path, int count, long expected, PackingDisk disk, ILogger logger)
    {
        long? free = disk.FreeBytes(Path.GetDirectoryName(path)!);
        if (free < expected)
        {
            throw new ImageSourceException(FormattableString.Invariant(
                $"Packing {count} images into '{path}' takes about {expected / 1e6:0.0} MB, but {free / 1e6:0.0} MB are free there. ") +
                "Free space, choose another path, or pack with a smaller shorter side.");
        }

        logger.Packing(count, path, (long)Math.Ceiling(expected / 1e6), free / 1_000_000);
    }

    /// <summary>A SHA-256 of everything that a source tells without its images being read.</summary>
    public static byte[] Fingerprint(IImageSource source)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(source.ComputeFingerprint()));
        Span<byte> stamp = stackalloc byte[sizeof(long)];
        for (int i = 0; i < source.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(stamp, source.GetStamp(i));
            hash.AppendData(stamp);
        }

        return hash.GetHashAndReset();
    }

    private static ImageSourceException Foreign(string path) => new(
        $"'{path}' is not a file of packed images, so it is neither read nor overwritten. Choose another path, or delete it.");
}
