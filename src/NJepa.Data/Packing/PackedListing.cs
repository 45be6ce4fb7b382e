using System.Text;

namespace NJepa.Data;

/// <summary>What a source says of its images without their being read, taken once and checked before hours of packing: nothing is written
/// that could not be opened again.</summary>
internal sealed record PackedListing(string[] ClassNames, string[] Names, int[] Labels)
{
    /// <exception cref="ImageSourceException">A label has no class, or the list is longer than can be read again.</exception>
    public static PackedListing Of(IImageSource source, long maxIndexBytes = PackedHeader.MaxIndexLength)
    {
        string[] classNames = [.. source.ClassNames];
        string[] names = new string[source.Count];
        int[] labels = new int[names.Length];
        long bytes = PackedIndex.FixedBytes(classNames, names.Length);
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = source.GetName(i);
            labels[i] = source.GetLabel(i);
            bytes += Encoding.UTF8.GetByteCount(names[i]);
            if (labels[i] < -1 || labels[i] >= classNames.Length)
            {
                throw new ImageSourceException(
                    $"The images cannot be packed: image {i} ({Printable.Name(names[i])}) has the label {labels[i]}, and the source has {classNames.Length} class names. " +
                    $"Labels must be from -1 (none) to {classNames.Length - 1}; correct GetLabel or ClassNames of {source.GetType().Name}.");
            }

            ThrowIfTooLong(bytes, i + 1, maxIndexBytes);
        }

        return new PackedListing(classNames, names, labels);
    }

    /// <exception cref="ImageSourceException">The list is longer than can be read again.</exception>
    public static void ThrowIfTooLong(long bytes, int count, long maxIndexBytes)
    {
        if (bytes > maxIndexBytes)
        {
            throw new ImageSourceException(
                $"The images cannot be packed into one file: the names and places of {count} of them already take {bytes} bytes, and at most {maxIndexBytes} can be read again. " +
                "Give the images shorter names, or pack parts of them (Subset) into files of their own.");
        }
    }
}
