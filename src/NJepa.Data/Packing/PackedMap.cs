using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace NJepa.Data;

/// <summary>
/// The pixels of a packed file, mapped into memory and read by address.
/// </summary>
/// <remarks>
/// Reading a map that is gone kills the process. So every reader holds the view's handle while it reads: disposing the map meanwhile
/// only marks it, the last reader's return unmaps it, and whoever comes later gets an <see cref="ObjectDisposedException"/>. Offsets and
/// lengths come from an index that was checked against the length of the file.
/// </remarks>
internal sealed unsafe class PackedMap : IDisposable
{
    private readonly string _path;
    private readonly long _length;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _accessor;
    private readonly SafeMemoryMappedViewHandle _view;
    private volatile bool _disposed;

    /// <summary>Maps a file, which the map owns from then on.</summary>
    public PackedMap(FileStream file, string path, long length)
    {
        _path = path;
        _length = length;
        _file = MemoryMappedFile.CreateFromFile(file, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            _accessor = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        _view = _accessor.SafeMemoryMappedViewHandle;
    }

    /// <summary>Takes hold of a range of bytes. Dispose what is returned, on the same thread, when they are read.</summary>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public Lease Rent(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length - offset);
        // The handle itself takes new readers for as long as old ones hold it, which may be for ever.
        if (_disposed)
        {
            throw Disposed();
        }

        bool held = false;
        try
        {
            _view.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            throw Disposed();
        }

        // Unlike the accessor's reads, an address knows nothing of the view's beginning inside its first page; it is 0 for a whole file.
        return new Lease(_view, new ReadOnlySpan<byte>((byte*)_view.DangerousGetHandle() + _accessor.PointerOffset + offset, length));
    }

    public void Dispose()
    {
        _disposed = true;
        _accessor.Dispose();
        _file.Dispose();
    }

    private ObjectDisposedException Disposed() =>
        new(nameof(PackedImages), $"The packed images '{_path}' were disposed. Dispose them after everything that reads them.");

    /// <summary>A range of bytes that stays mapped until this is disposed.</summary>
    public readonly ref struct Lease(SafeMemoryMappedViewHandle view, ReadOnlySpan<byte> bytes)
    {
        public ReadOnlySpan<byte> Bytes { get; } = bytes;

        public void Dispose() => view.DangerousRelease();
    }
}
