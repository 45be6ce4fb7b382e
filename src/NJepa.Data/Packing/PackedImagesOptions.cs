using System.ComponentModel.DataAnnotations;

namespace NJepa.Data;

/// <summary>How images are packed.</summary>
public sealed record PackedImagesOptions
{
    /// <summary>The largest <see cref="ShorterSide"/>: 16,384 pixels.</summary>
    public const int MaxShorterSide = 2 * ImageTransform.MaxImageSize;

    private const int MaxThreads = 256;

    /// <summary>
    /// The shorter side of a packed image, in pixels; the aspect ratio stays. Larger images are shrunk to it with antialiasing, smaller
    /// ones are kept as they are.
    /// </summary>
    /// <value>Default 409: enough pixels for crops of 30 % of the area at 224 pixels. From 1 to <see cref="MaxShorterSide"/>.</value>
    /// <remarks>
    /// An image with sides of 4 to 3 takes 4 x <see cref="ShorterSide"/>² bytes: 0.67 MB at 409, 0.12 MB at 176.
    /// <see cref="For"/> chooses it for a transform.
    /// </remarks>
    [Range(1, MaxShorterSide)]
    public int ShorterSide { get; init; } = 409;

    /// <summary>Threads that decode while packing. What is packed is the same for any number.</summary>
    /// <value>Default: the machine's logical processors, at most 16. From 1 to 256.</value>
    [Range(1, MaxThreads)]
    public int Threads { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>
    /// The share of images that may turn out bad before packing stops with <see cref="TooManyBadImagesException"/> and leaves nothing.
    /// </summary>
    /// <value>Default 0.1. From 0 (one bad image stops) to 1 (never stops for the share).</value>
    [Range(0.0, 1.0)]
    public double MaxBadImageShare { get; init; } = 0.1;

    /// <summary>Limits and speed of the decoder.</summary>
    public ImageDecodingOptions Decoding { get; init; } = new();

    /// <summary>Options whose <see cref="ShorterSide"/> leaves a transform the pixels that it needs.</summary>
    /// <param name="transform">
    /// A <see cref="TrainingAugmentation"/>: S / sqrt(<see cref="TrainingAugmentation.CropScaleMin"/>), rounded up, so that the smallest
    /// square crop of a square image has S pixels a side. An <see cref="EvaluationTransform"/>: its
    /// <see cref="EvaluationTransform.ResizeShorterSide"/>, or S where it is null.
    /// </param>
    public static PackedImagesOptions For(ImageTransform transform)
    {
        ArgumentNullException.ThrowIfNull(transform);
        double side = transform switch
        {
            TrainingAugmentation training => Math.Ceiling(training.ImageSize / Math.Sqrt(training.CropScaleMin)),
            EvaluationTransform { ResizeShorterSide: int shorter } => shorter,
            _ => transform.ImageSize,
        };
        return new PackedImagesOptions { ShorterSide = (int)Math.Clamp(side, 1, MaxShorterSide) };
    }

    /// <summary>Lists everything that is wrong with the settings.</summary>
    /// <returns>One sentence for each error; empty when the settings are valid.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (ShorterSide is < 1 or > MaxShorterSide)
        {
            errors.Add($"ShorterSide is {ShorterSide}; it must be from 1 to {MaxShorterSide} pixels.");
        }

        if (Threads is < 1 or > MaxThreads)
        {
            errors.Add($"Threads is {Threads}; it must be from 1 to {MaxThreads}.");
        }

        if (!(MaxBadImageShare is >= 0 and <= 1))
        {
            errors.Add(FormattableString.Invariant($"MaxBadImageShare is {MaxBadImageShare}; it must be from 0 to 1."));
        }

        errors.AddRange(Decoding is null ? ["Decoding is null; leave it out for the defaults."] : Decoding.Validate());
        return errors;
    }
}
