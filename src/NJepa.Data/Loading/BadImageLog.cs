using Microsoft.Extensions.Logging;

namespace NJepa.Data;

/// <summary>Remembers the images that cannot be used, reports each once, and stops the run when there are too many.</summary>
internal sealed partial class BadImageLog(IImageSource source, double maxShare, bool replaces, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, BadImage> _images = [];

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
        lock (_lock)
        {
            if (!_images.TryAdd(index, image))
            {
                return;
            }
        }

        if (replaces)
        {
            LogReplaced(logger, image.Name, reason);
        }
        else
        {
            LogLeftOut(logger, image.Name, reason);
        }

        ThrowIfTooMany();
    }

    private void ThrowIfTooMany()
    {
        int count;
        lock (_lock)
        {
            count = _images.Count;
        }

        if (count > maxShare * source.Count)
        {
            throw new TooManyBadImagesException(Snapshot(), source.Count, maxShare);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The image {Name} cannot be used and is replaced by another: {Reason}.")]
    private static partial void LogReplaced(ILogger logger, string name, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The image {Name} cannot be used and is left out: {Reason}.")]
    private static partial void LogLeftOut(ILogger logger, string name, string reason);
}
