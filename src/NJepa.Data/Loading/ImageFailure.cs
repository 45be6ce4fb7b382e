using System.Security;

namespace NJepa.Data;

/// <summary>Tells an image that cannot be used from a source that has failed.</summary>
internal static class ImageFailure
{
    /// <summary>Why the image cannot be used; null when the exception says something about the source or the run, not about one image.</summary>
    public static string? Reason(Exception exception) => exception switch
    {
        ImageDecodingException decoding => decoding.Reason,
        IOException or InvalidDataException or UnauthorizedAccessException or SecurityException => exception.Message.TrimEnd('.'),
        _ => null,
    };

    /// <summary>Whether the exception already says what the caller needs, and must pass as it is.</summary>
    public static bool IsFinal(Exception exception) => exception is TooManyBadImagesException or ImageSourceException or OperationCanceledException;

    /// <summary>Names the source and the image at which it failed.</summary>
    public static ImageSourceException OfSource(IImageSource source, int index, Exception exception) => new(
        $"The image source {source.GetType().Name} failed at image {index} ({TryGetName(source, index)}): {exception.Message}", exception);

    private static string TryGetName(IImageSource source, int index)
    {
        try
        {
            return Printable.Name(source.GetName(index));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return "no name";
        }
    }
}
