using System.Diagnostics;

namespace NJepa.Data;

/// <summary>Loads each batch on the consumer's thread when it is asked for.</summary>
internal sealed class SynchronousReader(LoaderContext context, long firstStep, long endStep) : IBatchReader
{
    private long _step = firstStep;
    private volatile bool _disposed;

    public bool TryNext(CancellationToken cancellationToken, out ImageBatch? batch)
    {
        batch = null;
        if (_step >= endStep)
        {
            return false;
        }

        long start = Stopwatch.GetTimestamp();
        ImageDecoder decoder = context.RentDecoder();
        BatchSlot slot = context.Begin(_step);
        try
        {
            for (int place = 0; place < slot.Plan.Count; place++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_disposed, typeof(ImageLoader));
                slot.Fill(place, context.Samples, decoder);
            }
        }
        catch
        {
            slot.Discard(context.Pool);
            throw;
        }
        finally
        {
            context.ReturnDecoder(decoder);
        }

        _step++;
        batch = context.Finish(slot);
        context.AddWait(Stopwatch.GetElapsedTime(start));
        return true;
    }

    public void Dispose() => _disposed = true;
}
