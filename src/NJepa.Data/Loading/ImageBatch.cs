namespace NJepa.Data;

/// <summary>
/// A batch of images of one size as bytes, ready to be copied to a device. Dispose it to give its buffer back to the loader.
/// </summary>
public sealed class ImageBatch : IDisposable
{
    private readonly PixelBufferPool? _pool;
    private byte[]? _pixels;

    internal ImageBatch(BatchPlan plan, int imageSize, byte[] pixels, int[] labels, int[] indices, PixelBufferPool pool)
    {
        Epoch = plan.Epoch;
        Step = plan.Step;
        ImageSize = imageSize;
        _pixels = pixels;
        _pool = pool;
        Labels = labels;
        Indices = indices;
    }

    /// <summary>The number of images (B).</summary>
    public int Count => Indices.Length;

    /// <summary>The side of each image in pixels (S).</summary>
    public int ImageSize { get; }

    /// <summary>The epoch, from 0.</summary>
    public int Epoch { get; }

    /// <summary>The number of the batch in its epoch, from 0.</summary>
    public long Step { get; }

    /// <summary>
    /// The pixels: RGB bytes [B, S, S, 3], exactly that many. Valid until the batch is disposed; then the buffer serves another batch.
    /// The array is pinned for its lifetime: its address (Marshal.UnsafeAddrOfPinnedArrayElement) may be handed to native code while the
    /// batch is alive.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public byte[] Pixels => _pixels ?? throw new ObjectDisposedException(
        nameof(ImageBatch), "The batch was disposed and its pixels belong to another one. Copy them before disposing it.");

    /// <summary>The label of each image [B]: an index into the source's class names, or -1.</summary>
    public int[] Labels { get; }

    /// <summary>The index of each image in the source [B]. A bad image's place has the index of the image that replaces it.</summary>
    public int[] Indices { get; }

    /// <summary>The pixels of one image: RGB bytes [S, S, 3].</summary>
    /// <param name="position">The image's place in the batch, from 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public ReadOnlySpan<byte> GetImage(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Count);
        int length = ImageSize * ImageSize * 3;
        return Pixels.AsSpan(position * length, length);
    }

    /// <summary>Gives the pixel buffer back. Labels and indices stay valid.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels)
        {
            _pool?.Return(pixels);
        }
    }
}
