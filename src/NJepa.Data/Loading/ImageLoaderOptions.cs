using System.ComponentModel.DataAnnotations;

namespace NJepa.Data;

/// <summary>How an <see cref="ImageLoader"/> forms batches and how far it works ahead.</summary>
public sealed record ImageLoaderOptions
{
    private const int MaxBatchSize = 65_536;
    private const int MaxThreads = 256;
    private const int MaxPrefetch = 1024;

    /// <summary>Images in a batch (B).</summary>
    /// <value>Default 128, as in the paper. From 1 to 65,536.</value>
    [Range(1, MaxBatchSize)]
    public int BatchSize { get; init; } = 128;

    /// <summary>The seed of order, crops and flips.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; init; }

    /// <summary>
    /// Background threads that read and decode. 0 loads on the consumer's own thread, when it asks. Batches are the same for any number.
    /// </summary>
    /// <value>Default: half of the machine's logical processors, from 1 to 8. From 0 to 256.</value>
    [Range(0, MaxThreads)]
    public int Threads { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    /// <summary>
    /// Batches that may be loaded or in loading ahead of the consumer; this bounds memory. Unused when <see cref="Threads"/> is 0.
    /// </summary>
    /// <value>Default 4. From 1 to 1,024. A batch of 128 images of 224 pixels takes 18.4 MiB.</value>
    [Range(1, MaxPrefetch)]
    public int Prefetch { get; init; } = 4;

    /// <summary>
    /// The share of the source's images that may turn out bad before loading stops with <see cref="TooManyBadImagesException"/>.
    /// </summary>
    /// <value>Default 0.1. From 0 (one bad image stops) to 1 (never stops for the share).</value>
    [Range(0.0, 1.0)]
    public double MaxBadImageShare { get; init; } = 0.1;

    /// <summary>
    /// A file in which to keep the images decoded, shrunk and packed (see <see cref="PackedImages"/>), so that later epochs and later runs
    /// need not decode; null to decode each time. Made before the first batch (or by <see cref="ImageLoader.Prepare"/>), made anew when
    /// the images or the settings have changed.
    /// </summary>
    /// <value>Default null.</value>
    /// <remarks>
    /// One file belongs to one source and one size: two loaders that differ in them need two files, or each makes the other's anew.
    /// The crops are the same with and without; pixels of images that are shrunk differ slightly. Packing takes as many threads as
    /// <see cref="PackedImagesOptions.Threads"/> has by default, or <see cref="Threads"/> if that is more.
    /// </remarks>
    public string? Cache { get; init; }

    /// <summary>
    /// The shorter side of the images in <see cref="Cache"/>, in pixels; larger images are shrunk to it, smaller ones kept as they are. Null
    /// chooses it by the transform, as <see cref="PackedImagesOptions.For"/> does.
    /// </summary>
    /// <value>Default null. From 1 to 16,384.</value>
    [Range(1, PackedImagesOptions.MaxShorterSide)]
    public int? CacheSize { get; init; }

    /// <summary>Limits and speed of the decoder.</summary>
    public ImageDecodingOptions Decoding { get; init; } = new();

    /// <summary>Lists everything that is wrong with the settings.</summary>
    /// <returns>One sentence for each error; empty when the settings are valid.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        ValidateRange(nameof(BatchSize), BatchSize, 1, MaxBatchSize, errors);
        ValidateRange(nameof(Threads), Threads, 0, MaxThreads, errors);
        ValidateRange(nameof(Prefetch), Prefetch, 1, MaxPrefetch, errors);
        if (!(MaxBadImageShare is >= 0 and <= 1))
        {
            errors.Add(FormattableString.Invariant($"MaxBadImageShare is {MaxBadImageShare}; it must be from 0 to 1."));
        }

        if (Cache is { } cache && (string.IsNullOrWhiteSpace(cache) || cache.Contains('\0', StringComparison.Ordinal)))
        {
            errors.Add($"Cache is '{cache.Replace("\0", "\\0", StringComparison.Ordinal)}'; it must be the path of a file, or null to decode each time.");
        }

        if (CacheSize is < 1 or > PackedImagesOptions.MaxShorterSide)
        {
            errors.Add($"CacheSize is {CacheSize}; it must be from 1 to {PackedImagesOptions.MaxShorterSide} pixels, or null to choose it by the transform.");
        }

        errors.AddRange(Decoding is null ? ["Decoding is null; leave it out for the defaults."] : Decoding.Validate());
        return errors;
    }

    private static void ValidateRange(string name, int value, int min, int max, List<string> errors)
    {
        if (value < min || value > max)
        {
            errors.Add($"{name} is {value}; it must be from {min} to {max}.");
        }
    }
}
