namespace NJepa.Data;

/// <summary>A batch in the making. Threads fill different places at the same time.</summary>
internal sealed class BatchSlot(BatchPlan plan, byte[] pixels, int imageBytes, int imageSize)
{
    private readonly int[] _indices = new int[plan.Count];

    public BatchPlan Plan { get; } = plan;

    /// <summary>Places that no thread has finished yet.</summary>
    public int Remaining { get; set; } = plan.Count;

    public void Fill(int place, SampleLoader loader, ImageDecoder decoder) =>
        _indices[place] = loader.Load(Plan, place, decoder, pixels.AsSpan(place * imageBytes, imageBytes));

    public void Discard(PixelBufferPool pool) => pool.Return(pixels);

    /// <summary>The finished batch without the places that stayed empty; null when all did.</summary>
    public ImageBatch? Finish(IImageSource source, PixelBufferPool pool)
    {
        int count = 0;
        for (int place = 0; place < _indices.Length; place++)
        {
            if (_indices[place] < 0)
            {
                continue;
            }

            if (count != place)
            {
                pixels.AsSpan(place * imageBytes, imageBytes).CopyTo(pixels.AsSpan(count * imageBytes));
            }

            _indices[count++] = _indices[place];
        }

        byte[] finished = pixels;
        int[] indices = _indices[..count];
        if (count < _indices.Length)
        {
            finished = pool.Rent(count * imageBytes);
            pixels.AsSpan(0, finished.Length).CopyTo(finished);
            pool.Return(pixels);
        }

        return count == 0 ? null : new ImageBatch(Plan, imageSize, finished, Array.ConvertAll(indices, source.GetLabel), indices, pool);
    }
}
