using System.ComponentModel.DataAnnotations;

namespace NJepa.Data;

/// <summary>What the decoder accepts and how it saves work.</summary>
public sealed record ImageDecodingOptions
{
    /// <summary>
    /// The largest image, in pixels (width x height). A larger one is refused by its header, before memory is taken for it.
    /// </summary>
    /// <value>Default 134,217,728 (2^27), enough for cameras of 108 megapixels; from 1 to 500,000,000.</value>
    /// <remarks>An image that is not a JPEG takes 4 bytes a pixel in each loader thread: 512 MiB at the default limit.</remarks>
    [Range(1, MaxMaxPixels)]
    public long MaxPixels { get; init; } = 1L << 27;

    /// <summary>The largest encoded file, in bytes. Reading stops there, whatever an archive's directory claims.</summary>
    /// <value>Default 268,435,456 (256 MiB); from 1 to 2,000,000,000.</value>
    [Range(1, MaxMaxFileBytes)]
    public long MaxFileBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Whether a JPEG is decoded at a smaller size (one to six eighths) where that still has at least as many pixels as the result needs.
    /// Much faster for photos that are large against the result; the antialiased resize then starts from the smaller picture, so values
    /// differ slightly.
    /// </summary>
    /// <value>Default true.</value>
    public bool ScaledDecoding { get; init; } = true;

    /// <summary>
    /// Whether of a JPEG only the rows and columns that the crop needs are decoded. The pixels are the same to the last bit; what lies
    /// below the crop is not looked at.
    /// </summary>
    /// <value>Default true.</value>
    /// <remarks>
    /// A file that was cut off is still refused, wherever the crop lies: without the marker that ends a JPEG it is decoded as a whole.
    /// Other damage below the crop goes unnoticed, as it mostly does above it and within: a JPEG has no checksum, and a changed byte
    /// mostly gives a wrong picture without an error. False decodes every row of every file, and refuses what is seen to be damaged
    /// anywhere.
    /// </remarks>
    public bool PartialDecoding { get; init; } = true;

    private const long MaxMaxPixels = 500_000_000;
    private const long MaxMaxFileBytes = 2_000_000_000;

    /// <summary>Lists everything that is wrong with the settings.</summary>
    /// <returns>One sentence for each error; empty when the settings are valid.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (MaxPixels is < 1 or > MaxMaxPixels)
        {
            errors.Add($"MaxPixels is {MaxPixels}; it must be from 1 to {MaxMaxPixels}.");
        }

        if (MaxFileBytes is < 1 or > MaxMaxFileBytes)
        {
            errors.Add($"MaxFileBytes is {MaxFileBytes}; it must be from 1 to {MaxMaxFileBytes}.");
        }

        return errors;
    }
}
