using Microsoft.Extensions.Logging;

namespace NJepa.Data;

/// <summary>Remembers the images that cannot be used, reports each once, and stops the run when there are too many.</summary>
internal sealed partial class BadImageLog(IImageSource source, double maxShare, bool replaces, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, BadImage> _images = [];

    /// <summary>Those of an earlier run that this one has not met yet.</summary>
    private readonly HashSet<int> _unmet = [];

    /// <summary>Those that were logged: an image that fails now and then is told once.</summary>
    private readonly HashSet<int> _told = [];

    /// <summary>Read without the lock, once for each image loaded.</summary>
    private volatile bool _any;
    private bool _countsUnmet = true;

    private int MaxCount => (int)(maxShare * source.Count);

    /// <summary>The bad images found so far, in the order of their indices.</summary>
    public IReadOnlyList<BadImage> Snapshot()
    {
        lock (_lock)
        {
            return [.. _images.Values];
        }
    }

    /// <exception cref="TooManyBadImagesException">There are now too many.</exception>
    public void Add(int index, string reason)
    {
        var image = new BadImage(index, source.GetName(index), reason);
        bool isNews;
        lock (_lock)
        {
            if (_images.ContainsKey(index) && !_unmet.Remove(index))
            {
                return;
            }

            _images[index] = image;
            _any = true;
            isNews = _told.Add(index);
        }

        if (isNews)
        {
            Log(image);
        }

        ThrowIfTooMany();
    }

    /// <summary>Takes over what an earlier run found. Logs nothing and stops nothing.</summary>
    public void Remember(IEnumerable<BadImage> images)
    {
        foreach (BadImage image in images)
        {
            if (image is null || image.Index < 0 || image.Index >= source.Count || source.GetName(image.Index) != image.Name)
            {
                continue;
            }

            lock (_lock)
            {
                if (_images.TryAdd(image.Index, image))
                {
                    _unmet.Add(image.Index);
                    _told.Add(image.Index);
                    _any = true;
                }
            }
        }

        lock (_lock)
        {
            // The earlier run ended because of that, and somebody has probably repaired some since: each is tried before it counts.
            _countsUnmet = _images.Count <= MaxCount;
        }
    }

    /// <summary>An image could be used: if it could not be before, it has been repaired, or a disk had failed for a moment; it counts no more.</summary>
    public void Good(int index)
    {
        if (!_any)
        {
            return;
        }

        lock (_lock)
        {
            if (_images.Remove(index))
            {
                _unmet.Remove(index);
                _any = _images.Count > 0;
            }
        }
    }

    private void ThrowIfTooMany()
    {
        int count;
        lock (_lock)
        {
            count = _images.Count - (_countsUnmet ? 0 : _unmet.Count);
        }

        if (count > MaxCount)
        {
            throw new TooManyBadImagesException(Snapshot(), source.Count, maxShare);
        }
    }

    private void Log(BadImage image)
    {
        (string name, string reason) = (Printable.Name(image.Name), Printable.Reason(image.Reason));
        if (replaces)
        {
            LogReplaced(logger, name, reason);
        }
        else
        {
            LogLeftOut(logger, name, reason);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The image {Name} cannot be used and is replaced by another: {Reason}.")]
    private static partial void LogReplaced(ILogger logger, string name, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The image {Name} cannot be used and is left out: {Reason}.")]
    private static partial void LogLeftOut(ILogger logger, string name, string reason);
}
