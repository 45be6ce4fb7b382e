using System.IO.MemoryMappedFiles;

namespace NJepa.Models;

/// <summary>A file mapped into memory. The ranges that are asked for were compared with its length when its header was read.</summary>
internal sealed unsafe class SafetensorsMap : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _length;
    private readonly byte* _start;

    public SafetensorsMap(FileStream stream, string path)
    {
        _length = stream.Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        try
        {
            // Fails where the file has become shorter; what has become longer is not looked at.
            _view = _file.CreateViewAccessor(0, _length, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _start = start + _view.PointerOffset;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or ArgumentException)
        {
            Dispose();
            throw new IOException($"'{path}' cannot be mapped: {exception.Message} It was changed after it was opened; open it again.", exception);
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
