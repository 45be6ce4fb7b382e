namespace NJepa.Data;

/// <summary>
/// One image cannot be decoded: it is empty, truncated, no image, or larger than allowed. The loader replaces such images and reports
/// them.
/// </summary>
public sealed class ImageDecodingException : Exception
{
    /// <summary>Creates the exception for one image.</summary>
    /// <param name="imageName">The image, as its source names it.</param>
    /// <param name="reason">What is wrong with it, as a clause that follows "cannot be decoded:".</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public ImageDecodingException(string imageName, string reason, Exception? innerException = null)
        : base($"The image '{Printable.Name(imageName)}' cannot be decoded: {Printable.Reason(reason)}.", innerException)
    {
        ImageName = imageName;
        Reason = reason;
    }

    /// <summary>The image, as its source names it.</summary>
    public string ImageName { get; }

    /// <summary>What is wrong with the image.</summary>
    public string Reason { get; }
}
