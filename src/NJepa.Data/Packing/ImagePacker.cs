using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace NJepa.Data;

/// <summary>Decodes and shrinks all images of a source on several threads. Where pixels land in the file depends on the threads; what is
/// read from it does not.</summary>
internal sealed class ImagePacker
{
    private const int Reports = 200;

    private readonly IImageSource _source;
    private readonly PackedListing _listing;
    private readonly PackedImagesOptions _options;
    private readonly PackFile _file;
    private readonly long _expectedBytes;
    private readonly IProgress<PackingProgress>? _progress;
    private readonly ILogger _logger;
    private readonly ShrinkTransform _shrink;
    private readonly BadImageLog _bad;
    private readonly PackedEntry[] _entries;
    private readonly Lock _gate = new();
    private ExceptionDispatchInfo? _failure;
    private int _next;
    private int _done;

    public ImagePacker(
        IImageSource source, PackedListing listing, PackedImagesOptions options, PackFile file, long expectedBytes, IProgress<PackingProgress>? progress, ILogger logger)
    {
        _logger = logger;
        _source = source;
        _listing = listing;
        _options = options;
        _file = file;
        _expectedBytes = expectedBytes;
        _progress = progress;
        _shrink = new ShrinkTransform(options.ShorterSide);
        // The loader reports bad images when it meets them, as without packing.
        _bad = new BadImageLog(source, options.MaxBadImageShare, replaces: false, NullLogger.Instance);
        _entries = new PackedEntry[listing.Names.Length];
    }

    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="TooManyBadImagesException">Too many images are bad.</exception>
    /// <exception cref="ImageSourceException">The source failed, or the file cannot be written.</exception>
    public PackedIndex Run(CancellationToken cancellationToken)
    {
        _progress?.Report(new PackingProgress(0, _entries.Length, 0, _expectedBytes));
        var threads = new Thread[Math.Min(_options.Threads, _entries.Length)];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() => Work(cancellationToken)) { IsBackground = true, Name = $"NJepa image packer {i}" };
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        _failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();
        return PackedIndex.Of(_listing, _entries, _bad.Snapshot());
    }

    private void Work(CancellationToken cancellationToken)
    {
        try
        {
            var decoder = new ImageDecoder(_options.Decoding);
            byte[] rgb = [];
            while (!cancellationToken.IsCancellationRequested && Volatile.Read(ref _failure) is null)
            {
                int index = Interlocked.Increment(ref _next) - 1;
                if (index >= _entries.Length)
                {
                    return;
                }

                Pack(index, decoder, ref rgb);
                Report();
            }
        }
        catch (Exception e)
        {
            // Anything at all: an exception that leaves a thread ends the process.
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }

    private void Pack(int index, ImageDecoder decoder, ref byte[] rgb)
    {
        try
        {
            ShrunkSize size;
            using (Stream stream = _source.OpenRead(index))
            {
                size = decoder.Shrink(stream, _source.GetName(index), _shrink, ref rgb);
            }

            _entries[index] = new PackedEntry(_file.Append(rgb.AsSpan(0, size.Bytes)), size);
        }
        catch (Exception e) when (ImageFailure.Reason(e) is { } reason)
        {
            _bad.Add(index, reason);
        }
        catch (Exception e) when (!ImageFailure.IsFinal(e))
        {
            throw ImageFailure.OfSource(_source, index, e);
        }
    }

    private void Report()
    {
        lock (_gate)
        {
            _done++;
            if (_done < _entries.Length && _done * 10L / _entries.Length != (_done - 1) * 10L / _entries.Length)
            {
                _logger.PackingProgress(_done, _entries.Length);
            }

            if (_progress is not null && (_done == _entries.Length || _done % Math.Max(1, _entries.Length / Reports) == 0))
            {
                _progress.Report(new PackingProgress(_done, _entries.Length, _file.Written, _expectedBytes));
            }
        }
    }
}
