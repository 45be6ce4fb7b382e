using NJepa.Data;

namespace NJepa.Samples;

/// <summary>Images of several sources that are opened together and end together, also where opening one of them fails.</summary>
internal abstract class OpenedImages : IDisposable
{
    private readonly List<IImageSource> _opened = [];

    public void Dispose()
    {
        foreach (IDisposable source in _opened.OfType<IDisposable>())
        {
            source.Dispose();
        }
    }

    /// <summary>Opens what belongs to <paramref name="images"/>; what was opened is closed again where that fails.</summary>
    /// <param name="images">Still without a source.</param>
    /// <param name="open">Opens them.</param>
    protected static T Open<T>(T images, Action<T> open)
        where T : OpenedImages
    {
        try
        {
            open(images);
            return images;
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    /// <summary>Takes a source over, to be closed with the others.</summary>
    protected IImageSource Keep(IImageSource source)
    {
        _opened.Add(source);
        return source;
    }
}
