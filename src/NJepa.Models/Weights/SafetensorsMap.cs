using System.IO.MemoryMappedFiles;

namespace NJepa.Models;

/// <summary>
/// An open file mapped into memory: the very file whose header was read, even if another has taken its name since. The ranges that are asked for were compared with its length then.
/// </summary>
internal sealed unsafe class SafetensorsMap : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _length;
    private readonly byte* _start;

    /// <exception cref="IOException">The file is shorter than it was, or cannot be mapped.</exception>
    public SafetensorsMap(FileStream stream, string path, long length)
    {
        if (stream.Length < length)
        {
            throw new IOException($"'{path}' had {length} bytes when it was opened and has {stream.Length} now; it was cut off. Save or download it again.");
        }

        _length = length;
        _file = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _start = start + _view.PointerOffset;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or ArgumentException)
        {
            Dispose();
            throw new IOException($"'{path}' cannot be mapped: {exception.Message}", exception);
        }
    }

    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length - offset);
        return new ReadOnlySpan<byte>(_start + offset, length);
    }

    public void Dispose()
    {
        if (_start is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        _view?.Dispose();
        _file.Dispose();
    }
}
