using System.Globalization;

namespace NJepa.Data;

/// <summary>More images than allowed cannot be read, so that something is probably wrong with the data as a whole.</summary>
public sealed class TooManyBadImagesException : Exception
{
    private const int Listed = 10;

    /// <summary>Creates the exception from the images found so far.</summary>
    /// <param name="badImages">The images that could not be used.</param>
    /// <param name="imageCount">The number of images in the source.</param>
    /// <param name="maxShare">The share that was allowed, from 0 to 1.</param>
    public TooManyBadImagesException(IReadOnlyList<BadImage> badImages, int imageCount, double maxShare)
        : base(Describe(badImages, imageCount, maxShare)) => BadImages = badImages;

    /// <summary>The images found bad so far, in the order of their indices.</summary>
    public IReadOnlyList<BadImage> BadImages { get; }

    private static string Describe(IReadOnlyList<BadImage> bad, int count, double maxShare)
    {
        ArgumentNullException.ThrowIfNull(bad);
        string list = string.Concat(bad.Take(Listed).Select(image => $"{Environment.NewLine}  - {image}"));
        string rest = bad.Count > Listed ? $"{Environment.NewLine}  ... and {bad.Count - Listed} more" : "";
        string share = maxShare.ToString(CultureInfo.InvariantCulture);
        return $"{bad.Count} of {count} images could not be read, more than MaxBadImageShare = {share} allows. " +
            $"Repair or remove them, or allow a larger share:{list}{rest}";
    }
}
