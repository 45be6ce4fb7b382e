using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace NJepa.Data;

/// <summary>
/// Reads, decodes, crops and batches images on background threads, ahead of the consumer and within bounded memory. The batches depend on
/// the seed and the step alone: they are the same for any number of threads, and a run can start in the middle of an epoch.
/// </summary>
/// <remarks>
/// <para><b>Training</b> (a <see cref="TrainingAugmentation"/>): each epoch shows every image once, in a fresh random order, without the
/// last incomplete batch. An image that cannot be used is replaced by another one, chosen at random but always the same; all other places
/// keep their images.</para>
/// <para><b>Evaluation</b> (an <see cref="EvaluationTransform"/>): the order of the source, with a smaller last batch. An image that
/// cannot be used is left out, so a batch may be smaller; <see cref="ImageBatch.Indices"/> says which images it holds.</para>
/// <para>Images that cannot be used (damaged, unreadable, vanished) are logged once each and listed in <see cref="BadImages"/>; more than
/// <see cref="ImageLoaderOptions.MaxBadImageShare"/> of them end the run.</para>
/// <para>Memory: at most <see cref="ImageLoaderOptions.Prefetch"/> batches, those that the consumer has not yet disposed, and one decoded
/// picture for each thread.</para>
/// </remarks>
public sealed class ImageLoader : IDisposable
{
    private readonly ImageLoaderOptions _options;
    private readonly BadImageLog _badImages;
    private readonly LoaderContext _context;
    private readonly ImageLoaderCache? _cache;
    private readonly HashSet<IBatchReader> _readers = [];
    private volatile bool _disposed;

    /// <summary>Creates a loader, for training or for evaluation by the kind of transform. Loading begins with an enumeration.</summary>
    /// <param name="source">The images. The loader does not dispose it.</param>
    /// <param name="transform">
    /// A <see cref="TrainingAugmentation"/> (random order and crops, full batches) or an <see cref="EvaluationTransform"/> (the source's order, a
    /// fixed view, a partial last batch).
    /// </param>
    /// <param name="options">Batch size, seed, threads; null for the defaults.</param>
    /// <param name="logger">Receives a warning for each image that cannot be used; null for none.</param>
    /// <exception cref="ArgumentException">
    /// A setting is out of range, the source is empty, or in training it has fewer images than a batch. The message lists all errors.
    /// </exception>
    /// <exception cref="InvalidOperationException">The native decoder cannot be loaded.</exception>
    public ImageLoader(IImageSource source, ImageTransform transform, ImageLoaderOptions? options = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(transform);
        _options = options ?? new ImageLoaderOptions();
        bool isTraining = transform is TrainingAugmentation;
        List<string> errors = Validate(source, transform, isTraining, _options);
        Settings.ThrowIfInvalid("The image loader's settings are invalid", errors, nameof(options));
        SkiaRuntime.EnsureLoaded();
        Source = source;
        Transform = transform;
        _badImages = new BadImageLog(source, _options.MaxBadImageShare, isTraining, logger ?? NullLogger.Instance);
        var schedule = new BatchSchedule(source.Count, _options.BatchSize, _options.Seed, isTraining);
        var samples = new SampleLoader(source, transform, _options.Seed, isTraining, _badImages);
        _cache = _options.Cache is null ? null : new ImageLoaderCache(source, transform, _options, samples, logger ?? NullLogger.Instance);
        _context = new LoaderContext(source, transform.ImageSize, _options, schedule, samples);
        BatchesPerEpoch = schedule.BatchesPerEpoch;
    }

    /// <summary>The images.</summary>
    public IImageSource Source { get; }

    /// <summary>How an image becomes a square.</summary>
    public ImageTransform Transform { get; }

    /// <summary>Batches in an epoch: images / batch size, rounded down in training and up in evaluation.</summary>
    public long BatchesPerEpoch { get; }

    /// <summary>The images that could not be used so far, in the order of their indices, and those of <see cref="Remember"/>. Safe to read at
    /// any time.</summary>
    public IReadOnlyList<BadImage> BadImages => _badImages.Snapshot();

    /// <summary>
    /// The time that consumers have spent waiting for batches; with no background threads, all loading. A large share of the run says
    /// that loading is too slow.
    /// </summary>
    public TimeSpan WaitTime => _context.WaitTime;

    /// <summary>The number of images delivered so far.</summary>
    public long ImagesLoaded => _context.Images;

    /// <summary>
    /// Opens <see cref="ImageLoaderOptions.Cache"/>, packing the images now if that is needed, which may take as long as an epoch. Without
    /// this call the first enumeration does it. Returns at once when there is no cache, or it is open already.
    /// </summary>
    /// <param name="progress">Told how far packing is; null for nobody.</param>
    /// <param name="cancellationToken">Ends packing; nothing is left behind, and a later call begins again.</param>
    /// <exception cref="ImageSourceException">The source failed, or the cache cannot be written; the message says what to do.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="ImageLoaderOptions.MaxBadImageShare"/> are bad.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The loader was disposed, perhaps meanwhile.</exception>
    public void Prepare(IProgress<PackingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _cache?.Open(progress, cancellationToken);
    }

    /// <summary>
    /// Takes over the images that an earlier part of the run could not use, as <see cref="BadImageReport.Read(string)"/> gives them: they are
    /// listed in <see cref="BadImages"/>, count towards <see cref="ImageLoaderOptions.MaxBadImageShare"/>, and are not logged again.
    /// </summary>
    /// <param name="images">The images. Those whose index or name is not in the source are passed over.</param>
    /// <remarks>
    /// Each is tried again in its turn, so batches do not depend on this; one that can be used by now leaves the list. Where there are
    /// more of them than allowed, each counts only when it has been tried: the earlier part probably ended for that reason, and some were
    /// repaired. This never throws <see cref="TooManyBadImagesException"/>. Safe at any time, best before the first batch.
    /// </remarks>
    public void Remember(IEnumerable<BadImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        _badImages.Remember(images);
    }

    /// <summary>The batches of one epoch. Loading begins when the enumeration begins, and ends with it.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="startStep">The first batch of the epoch to deliver, from 0 (all) to <see cref="BatchesPerEpoch"/> (none): where a
    /// resumed run goes on.</param>
    /// <param name="cancellationToken">Ends waiting and loading.</param>
    /// <returns>Batches in order. Dispose each when it is used up.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The epoch or the step is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The loader was disposed.</exception>
    /// <remarks>
    /// While it is enumerated it throws <see cref="TooManyBadImagesException"/>, <see cref="ImageSourceException"/> when the source
    /// fails, <see cref="OperationCanceledException"/> and <see cref="ObjectDisposedException"/>.
    /// </remarks>
    public IEnumerable<ImageBatch> Epoch(int epoch, long startStep = 0, CancellationToken cancellationToken = default)
    {
        if (epoch < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(epoch), epoch, $"The epoch is {epoch}; epochs count from 0.");
        }

        if (startStep < 0 || startStep > BatchesPerEpoch)
        {
            throw new ArgumentOutOfRangeException(
                nameof(startStep), startStep, $"The start step is {startStep}; " +
                $"an epoch of this loader has steps 0 to {BatchesPerEpoch - 1} (and {BatchesPerEpoch} stands for its end).");
        }

        return Steps((epoch * BatchesPerEpoch) + startStep, BatchesPerEpoch - startStep, cancellationToken);
    }

    /// <summary>
    /// Batches by steps counted from the beginning of epoch 0, across epochs: the next epoch's first batches are loaded while the last
    /// ones of an epoch are in use.
    /// </summary>
    /// <param name="firstStep">The first step, from 0; step s is batch s mod <see cref="BatchesPerEpoch"/> of epoch s /
    /// <see cref="BatchesPerEpoch"/>.</param>
    /// <param name="count">The number of steps, from 0.</param>
    /// <param name="cancellationToken">Ends waiting and loading.</param>
    /// <returns>Batches in order. Dispose each when it is used up.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or the last epoch exceeds 2,147,483,647.</exception>
    /// <exception cref="ObjectDisposedException">The loader was disposed.</exception>
    /// <remarks>It throws as <see cref="Epoch"/> does while it is enumerated.</remarks>
    public IEnumerable<ImageBatch> Steps(long firstStep, long count, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((double)firstStep + count, (double)BatchesPerEpoch * int.MaxValue, nameof(count));
        return Enumerate(firstStep, firstStep + count, cancellationToken);
    }

    /// <summary>
    /// Stops all loading. Enumerations that are still running throw <see cref="ObjectDisposedException"/>. Batches that were delivered
    /// stay valid.
    /// </summary>
    public void Dispose()
    {
        IBatchReader[] readers;
        lock (_readers)
        {
            _disposed = true;
            readers = [.. _readers];
        }

        foreach (IBatchReader reader in readers)
        {
            reader.Dispose();
        }

        _cache?.Dispose();
    }

    private IEnumerable<ImageBatch> Enumerate(long firstStep, long endStep, CancellationToken cancellationToken)
    {
        if (firstStep < endStep)
        {
            Prepare(progress: null, cancellationToken);
        }

        using IBatchReader reader = Open(firstStep, endStep);
        try
        {
            while (reader.TryNext(cancellationToken, out ImageBatch? batch))
            {
                if (batch is not null)
                {
                    yield return batch;
                }
            }
        }
        finally
        {
            lock (_readers)
            {
                _readers.Remove(reader);
            }
        }
    }

    private IBatchReader Open(long firstStep, long endStep)
    {
        lock (_readers)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            IBatchReader reader = _options.Threads == 0
                ? new SynchronousReader(_context, firstStep, endStep)
                : new PrefetchingReader(_context, firstStep, endStep);
            _readers.Add(reader);
            return reader;
        }
    }

    private static List<string> Validate(IImageSource source, ImageTransform transform, bool isTraining, ImageLoaderOptions options)
    {
        List<string> errors = [.. transform.Validate(), .. options.Validate()];
        if (source.Count == 0)
        {
            errors.Add("The image source is empty; at least one image is needed.");
        }
        else if (isTraining && source.Count < options.BatchSize)
        {
            errors.Add(
                $"The source has {source.Count} images, fewer than a batch of {options.BatchSize}. " +
                $"Set BatchSize to {source.Count} or less, or add images.");
        }

        long bytes = 3L * transform.ImageSize * transform.ImageSize * options.BatchSize;
        if (errors.Count == 0 && bytes > Array.MaxLength)
        {
            errors.Add(
                $"A batch of {options.BatchSize} images of {transform.ImageSize} pixels takes {bytes} bytes, " +
                $"more than an array's {Array.MaxLength}. Lower BatchSize or ImageSize.");
        }

        return errors;
    }
}
