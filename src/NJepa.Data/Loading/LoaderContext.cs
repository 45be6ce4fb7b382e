using System.Collections.Concurrent;

namespace NJepa.Data;

/// <summary>What all enumerations of one loader share: the schedule, the samples, and pools of buffers and decoders.</summary>
internal sealed class LoaderContext(
    IImageSource source, int imageSize, ImageLoaderOptions options, BatchSchedule schedule, SampleLoader samples)
{
    private readonly ConcurrentBag<ImageDecoder> _decoders = [];
    private long _images;
    private long _waitTicks;

    public PixelBufferPool Pool { get; } = new(options.BatchSize * samples.ImageBytes, options.Prefetch + 2);

    public SampleLoader Samples => samples;

    public ImageLoaderOptions Options => options;

    public long Images => Interlocked.Read(ref _images);

    public TimeSpan WaitTime => TimeSpan.FromTicks(Interlocked.Read(ref _waitTicks));

    public BatchSlot Begin(long globalStep)
    {
        BatchPlan plan = schedule.Plan(globalStep);
        return new BatchSlot(plan, Pool.Rent(plan.Count * samples.ImageBytes), samples.ImageBytes, imageSize);
    }

    public ImageBatch? Finish(BatchSlot slot)
    {
        ImageBatch? batch = slot.Finish(source, Pool);
        Interlocked.Add(ref _images, batch?.Count ?? 0);
        return batch;
    }

    public void AddWait(TimeSpan time) => Interlocked.Add(ref _waitTicks, time.Ticks);

    public ImageDecoder RentDecoder() => _decoders.TryTake(out ImageDecoder? decoder) ? decoder : new ImageDecoder(options.Decoding);

    public void ReturnDecoder(ImageDecoder decoder) => _decoders.Add(decoder);
}
