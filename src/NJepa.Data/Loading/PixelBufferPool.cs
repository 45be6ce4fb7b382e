using System.Collections.Concurrent;

namespace NJepa.Data;

/// <summary>
/// Keeps the pixel buffers of finished batches for the next ones. Never blocks: a consumer that keeps its batches merely gets new
/// buffers. All are pinned, so that native code can read them by address.
/// </summary>
internal sealed class PixelBufferPool(int bufferLength, int capacity)
{
    private readonly ConcurrentBag<byte[]> _buffers = [];

    public byte[] Rent(int length) =>
        length == bufferLength && _buffers.TryTake(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(length, pinned: true);

    public void Return(byte[] buffer)
    {
        if (buffer.Length == bufferLength && _buffers.Count < capacity)
        {
            _buffers.Add(buffer);
        }
    }
}
