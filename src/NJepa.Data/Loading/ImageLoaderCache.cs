using Microsoft.Extensions.Logging;

namespace NJepa.Data;

/// <summary>The packed images of a loader: opened or made once, when they are first needed.</summary>
internal sealed class ImageLoaderCache(
    IImageSource source, ImageTransform transform, ImageLoaderOptions options, SampleLoader samples, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposal = new();
    private PackedImages? _packed;

    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The loader was disposed meanwhile.</exception>
    public void Open(IProgress<PackingProgress>? progress, CancellationToken cancellationToken)
    {
        // A second enumeration waits here for the first one's packing.
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposal.IsCancellationRequested, typeof(ImageLoader));
            if (_packed is not null)
            {
                return;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
            PackedImages packed;
            try
            {
                packed = PackedImages.OpenOrCreate(source, options.Cache!, PackingOptions(), progress, logger, either.Token);
            }
            catch (OperationCanceledException) when (_disposal.IsCancellationRequested)
            {
                throw new ObjectDisposedException(nameof(ImageLoader), "The loader was disposed while its images were packed; nothing was left behind.");
            }
            catch (OperationCanceledException e)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }

            Volatile.Write(ref _packed, packed);
            samples.UsePacked(packed);
            if (_disposal.IsCancellationRequested)
            {
                Dispose();
                throw new ObjectDisposedException(nameof(ImageLoader));
            }
        }
    }

    /// <summary>
    /// Ends packing that is going on, and closes the file. Does not wait for the packing: it may be that whose progress callback calls here.
    /// What is opened after this is closed by the one who opened it.
    /// </summary>
    public void Dispose()
    {
        _disposal.Cancel();
        Interlocked.Exchange(ref _packed, null)?.Dispose();
    }

    private PackedImagesOptions PackingOptions()
    {
        PackedImagesOptions chosen = PackedImagesOptions.For(transform);
        return chosen with
        {
            ShorterSide = options.CacheSize ?? chosen.ShorterSide,
            // Nobody trains meanwhile, so the processors are free.
            Threads = Math.Max(chosen.Threads, options.Threads),
            MaxBadImageShare = options.MaxBadImageShare,
            Decoding = options.Decoding,
        };
    }
}
