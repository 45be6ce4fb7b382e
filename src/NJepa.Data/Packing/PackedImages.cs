using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace NJepa.Data;

/// <summary>
/// Images decoded once, shrunk and packed as plain pixels into one file, which is mapped into memory: an <see cref="ImageLoader"/> then
/// draws crops from it without opening or decoding anything. For runs of many epochs, where decoding keeps the processor from training.
/// </summary>
/// <remarks>
/// <para><b>The same crops.</b> Crops are chosen for the size of the original image, so order, crops, flips and replacements are those of
/// a run without packing. An image that was shrunk has been resampled once more, so its pixels differ slightly; one that was not larger
/// than <see cref="PackedImagesOptions.ShorterSide"/> is exact (a JPEG as if <see cref="ImageDecodingOptions.ScaledDecoding"/> were off).</para>
/// <para><b>Bad images</b> keep their places, and are reported with the same reasons when a loader meets them. What failed while packing
/// (a file that could not be read at that moment) stays bad until the images are packed anew. Packing decodes whole pictures, so
/// it also finds damage of a JPEG that with <see cref="ImageDecodingOptions.PartialDecoding"/> a crop above it would not have met.</para>
/// <para><b>When it is out of date.</b> <see cref="OpenOrCreate"/> compares the settings, the class names, and of each image the name, the
/// label and <see cref="IImageSource.GetStamp"/>: for a folder the file's length and time, for a zip the length and checksum. Not noticed
/// are changed bytes of the same length and time in a folder, and any under an unchanged name in a source of your own that has no
/// stamps. Pixels carry no checksum of their own: damage by the disk there is not noticed.</para>
/// <para>The file is written beside its place under a name that ends in <c>.partial</c>, flushed and renamed: a killed run leaves the old
/// file or none, and what it wrote is deleted by the first packing to the same path a day or more later. A disposed source throws
/// <see cref="ObjectDisposedException"/>; readers that are at work finish first. Any number of threads and processes read at once.
/// As with every memory map, a file that another program shortens, or a disk that fails, while it is read ends the process: replace a
/// packed file by renaming, never in place.</para>
/// </remarks>
public sealed class PackedImages : IImageSource, IDecodedImageSource, IDisposable
{
    private readonly PackedMap _map;
    private readonly PackedHeader _header;
    private readonly PackedIndex _index;

    private PackedImages(string path, PackedMap map, PackedHeader header, PackedIndex index)
    {
        Path = path;
        _map = map;
        _header = header;
        _index = index;
    }

    /// <summary>The packed file, as a full path.</summary>
    public string Path { get; }

    /// <summary>The shorter side to which larger images were shrunk, in pixels.</summary>
    public int ShorterSide => _header.Settings.ShorterSide;

    /// <summary>The images that could not be used when they were packed, in the order of their indices.</summary>
    public IReadOnlyList<BadImage> BadImages => _index.BadImages;

    /// <inheritdoc/>
    public int Count => _header.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => _index.ClassNames;

    /// <summary>Opens packed images. The source that they were made from is not needed.</summary>
    /// <param name="path">The packed file.</param>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="ImageSourceException">
    /// There is no such file, it is not a file of packed images, it is of another version, cut off or damaged, or it cannot be opened.
    /// </exception>
    public static PackedImages Open(string path)
    {
        string fullPath = PackedFiles.FullPath(path);
        if (!File.Exists(fullPath))
        {
            throw new ImageSourceException($"The packed images '{fullPath}' do not exist. Make them with PackedImages.Create, or check the path.");
        }

        try
        {
            return OpenFile(fullPath);
        }
        catch (InvalidDataException e)
        {
            throw new ImageSourceException($"The packed images '{fullPath}' cannot be read: {e.Message}. Delete the file and pack the images again.", e);
        }
    }

    /// <summary>Packs all images of a source and opens the result. A packed file at that place is replaced, any other file never.</summary>
    /// <param name="source">The images; not disposed, and not needed afterwards.</param>
    /// <param name="path">Where the file goes; folders are made as needed.</param>
    /// <param name="options">Size and threads; null for the defaults.</param>
    /// <param name="progress">Told the expected size before packing begins, then some 200 times how far it is; never twice at once, but on
    /// any thread.</param>
    /// <param name="logger">Told the expected size before packing begins, and the result; null for none.</param>
    /// <param name="cancellationToken">Ends packing; nothing is left behind.</param>
    /// <exception cref="ArgumentException">The path is null or empty, the source is empty, or options are out of range (lists all).</exception>
    /// <exception cref="ImageSourceException">
    /// The source failed or has labels outside its class names, another kind of file stands at the path, the disk has not the space, or the
    /// file cannot be written. The temporary file is deleted.
    /// </exception>
    /// <exception cref="TooManyBadImagesException">More images are bad than <see cref="PackedImagesOptions.MaxBadImageShare"/> allows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static PackedImages Create(
        IImageSource source, string path, PackedImagesOptions? options = null, IProgress<PackingProgress>? progress = null,
        ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        PackedImagesOptions settings = Check(source, options);
        string fullPath = PackedFiles.FullPath(path);
        return Pack(source, fullPath, settings, PackedFiles.Fingerprint(source), progress, logger ?? NullLogger.Instance, PackingDisk.Real, cancellationToken);
    }

    /// <summary>
    /// Opens packed images if they were made from this source as it is now, with these settings; otherwise, also when the file is damaged,
    /// packs anew as <see cref="Create"/> does.
    /// </summary>
    /// <param name="source">The images; not disposed, and not needed afterwards.</param>
    /// <param name="path">The packed file.</param>
    /// <param name="options">Size and threads; null for the defaults.</param>
    /// <param name="progress">As for <see cref="Create"/>; not told anything when nothing is packed.</param>
    /// <param name="logger">Also told why a file is made anew; null for none.</param>
    /// <param name="cancellationToken">Ends packing; nothing is left behind.</param>
    /// <exception cref="ArgumentException">The path is null or empty, the source is empty, or options are out of range (lists all).</exception>
    /// <exception cref="ImageSourceException">As for <see cref="Create"/>.</exception>
    /// <exception cref="TooManyBadImagesException">More images are bad than <see cref="PackedImagesOptions.MaxBadImageShare"/> allows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static PackedImages OpenOrCreate(
        IImageSource source, string path, PackedImagesOptions? options = null, IProgress<PackingProgress>? progress = null,
        ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        PackedImagesOptions settings = Check(source, options);
        logger ??= NullLogger.Instance;
        string fullPath = PackedFiles.FullPath(path);
        cancellationToken.ThrowIfCancellationRequested();
        byte[] fingerprint = PackedFiles.Fingerprint(source);
        if (File.Exists(fullPath))
        {
            PackedImages? existing = null;
            string? reason;
            try
            {
                existing = OpenFile(fullPath);
                reason = existing._header.Settings.DifferenceTo(PackedSettings.From(settings))
                    ?? (existing._header.Fingerprint.AsSpan().SequenceEqual(fingerprint) ? null : "the images have changed since");
            }
            catch (InvalidDataException e)
            {
                reason = e.Message;
            }

            if (reason is null)
            {
                logger.Reused(fullPath, existing!.Count, existing.ShorterSide);
                return existing;
            }

            existing?.Dispose();
            logger.Outdated(fullPath, reason);
        }

        return Pack(source, fullPath, settings, fingerprint, progress, logger, PackingDisk.Real, cancellationToken);
    }

    /// <inheritdoc/>
    public string GetName(int index) => _index.Names[index];

    /// <inheritdoc/>
    public int GetLabel(int index) => _index.Labels[index];

    /// <inheritdoc/>
    public long GetStamp(int index) => BitConverter.ToInt64(_header.Fingerprint);

    /// <summary>The packed pixels as a BMP file, for readers that know nothing of packed images. A loader does not take this way.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="InvalidDataException">The image was bad when it was packed; the message is the reason.</exception>
    /// <exception cref="ObjectDisposedException">The packed images were disposed.</exception>
    public Stream OpenRead(int index)
    {
        PackedEntry entry = _index.Entries[index];
        using PackedMap.Lease pixels = _map.Rent(entry.Offset, entry.Size.Bytes);
        return entry.IsBad
            ? throw new InvalidDataException(_index.Reason(index))
            : new MemoryStream(Bitmap.Encode(pixels.Bytes, entry.Size.Width, entry.Size.Height), writable: false);
    }

    string? IDecodedImageSource.Draw(int index, ImageTransform transform, SampleKey key, PixelResampler resampler, Span<byte> destination)
    {
        PackedEntry entry = _index.Entries[index];
        if (entry.IsBad)
        {
            return _index.Reason(index);
        }

        ShrunkSize size = entry.Size;
        CropPlan plan = transform.Plan(size.FullWidth, size.FullHeight, key);
        using PackedMap.Lease pixels = _map.Rent(entry.Offset, size.Bytes + PixelResampler.Slack);
        resampler.Prepare(plan, size.Placement, size.Width, size.Height);
        resampler.Draw(pixels.Bytes, new PixelWindow(0, 0, size.Width, size.Height), destination, ShrunkSize.PixelBytes);
        return null;
    }

    /// <summary>Ends reading, and unmaps the file when no reader is at work any more. Names and labels stay readable.</summary>
    public void Dispose() => _map.Dispose();

    /// <summary>The path, the number of images and the shorter side.</summary>
    public override string ToString() => $"{Path}: {Count} images, {ClassNames.Count} classes, shorter side {ShorterSide}";

    internal static PackedImages Pack(
        IImageSource source, string fullPath, PackedImagesOptions options, byte[] fingerprint, IProgress<PackingProgress>? progress,
        ILogger logger, PackingDisk disk, CancellationToken cancellationToken)
    {
        PackedFiles.RefuseForeign(fullPath);
        cancellationToken.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        PackedListing listing = PackedListing.Of(source);
        using (var file = new PackFile(fullPath, disk))
        {
            long expected = PackedSizeEstimate.Bytes(source, new ShrinkTransform(options.ShorterSide), cancellationToken);
            PackedFiles.RequireSpace(fullPath, source.Count, expected, disk, logger);
            PackedIndex index = new ImagePacker(source, listing, options, file, expected, progress, logger).Run(cancellationToken);
            file.Complete(index, PackedSettings.From(options), fingerprint);
            logger.Packed(source.Count, fullPath, Stopwatch.GetElapsedTime(start), index.BadImages.Count);
        }

        return Open(fullPath);
    }

    private static PackedImagesOptions Check(IImageSource source, PackedImagesOptions? options)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new PackedImagesOptions();
        List<string> errors = [.. options.Validate()];
        if (source.Count == 0)
        {
            errors.Add("The image source is empty; at least one image is needed.");
        }

        Settings.ThrowIfInvalid("The images cannot be packed", errors, nameof(options));
        return options;
    }

    /// <exception cref="InvalidDataException">The file is a packed one, but damaged or of another version.</exception>
    /// <exception cref="ImageSourceException">The file is of another kind, or cannot be opened.</exception>
    private static PackedImages OpenFile(string fullPath)
    {
        FileStream? file = null;
        try
        {
            file = PackedFiles.OpenStream(fullPath);
            (PackedHeader header, PackedIndex index, long length) = PackedFiles.Read(file.SafeFileHandle, fullPath);
            var map = new PackedMap(file, fullPath, length);
            file = null;
            return new PackedImages(fullPath, map, header, index);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageSourceException($"The packed images '{fullPath}' cannot be opened: {e.Message}", e);
        }
        finally
        {
            file?.Dispose();
        }
    }
}
