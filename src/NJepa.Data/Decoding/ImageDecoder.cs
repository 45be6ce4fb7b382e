using System.Runtime.InteropServices;
using System.Text;
using SkiaSharp;

namespace NJepa.Data;

/// <summary>
/// Decodes image files to upright 8-bit RGB and draws crops of them. JPEG, PNG, WebP, BMP and whatever else Skia reads; grey becomes RGB,
/// transparent pixels are laid over white, 16 bits are reduced to 8, CMYK is converted, EXIF orientation is applied, of an animation the
/// first frame is taken.
/// </summary>
/// <remarks>
/// Not thread safe: each thread uses its own decoder, which keeps its buffers between images. Colour profiles are not applied, as in the
/// reference pipeline. A file that ends too early is refused even where part of the picture could be shown.
/// </remarks>
public sealed class ImageDecoder
{
    /// <summary>Buffers above this size are given back after use: one huge picture must not hold memory for the rest of a run.</summary>
    private const int KeptBytes = 128 << 20;

    private readonly ImageDecodingOptions _options;
    private readonly PixelResampler _resampler = new();
    private byte[] _file = [];
    private byte[] _pixels = [];
    private byte[] _upright = [];

    /// <summary>Creates a decoder.</summary>
    /// <param name="options">Limits and speed; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message lists all such options.</exception>
    /// <exception cref="InvalidOperationException">The native decoder cannot be loaded.</exception>
    public ImageDecoder(ImageDecodingOptions? options = null)
    {
        _options = options ?? new ImageDecodingOptions();
        Settings.ThrowIfInvalid("The image decoder's options are invalid", _options.Validate(), nameof(options));
        SkiaRuntime.EnsureLoaded();
    }

    /// <summary>Decodes one image of a source at full size.</summary>
    /// <param name="source">The source.</param>
    /// <param name="index">The image, from 0 to the source's count - 1.</param>
    /// <exception cref="ImageDecodingException">The image is empty, truncated, no image, or too large.</exception>
    public RgbImage Decode(IImageSource source, int index)
    {
        ArgumentNullException.ThrowIfNull(source);
        using Stream stream = source.OpenRead(index);
        return Decode(stream, source.GetName(index));
    }

    /// <summary>Decodes one image file at full size.</summary>
    /// <param name="encoded">The file's bytes, from the current position to the end.</param>
    /// <param name="name">A name for messages.</param>
    /// <exception cref="ImageDecodingException">The image is empty, truncated, no image, or too large.</exception>
    public RgbImage Decode(Stream encoded, string name)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        Picture picture = Load(encoded, name, transform: null, default);
        (int width, int height) = (picture.Window.Width, picture.Window.Height);
        byte[] rgb = new byte[checked(width * height * 3)];
        ReadOnlySpan<byte> wide = picture.Pixels;
        for (int i = 0, j = 0; i < rgb.Length; i += 3, j += 4)
        {
            wide.Slice(j, 3).CopyTo(rgb.AsSpan(i));
        }

        ReleaseLargeBuffers();
        return new RgbImage(width, height, rgb);
    }

    /// <summary>
    /// Decodes one image file and draws the square that a transform asks for, in one pass from the decoded pixels to the destination.
    /// </summary>
    /// <param name="encoded">The file's bytes, from the current position to the end.</param>
    /// <param name="name">A name for messages.</param>
    /// <param name="transform">A <see cref="TrainingAugmentation"/> or an <see cref="EvaluationTransform"/>.</param>
    /// <param name="destination">Receives RGB bytes [S, S, 3], S = <see cref="ImageTransform.ImageSize"/>.</param>
    /// <param name="seed">The seed of the run; with the next two it determines the random crop and flip.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="index">The image's index in its source.</param>
    /// <exception cref="ImageDecodingException">The image is empty, truncated, no image, or too large.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> does not have S x S x 3 bytes.</exception>
    public void Render(
        Stream encoded, string name, ImageTransform transform, Span<byte> destination, ulong seed = 0, long epoch = 0, long index = 0)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        ArgumentNullException.ThrowIfNull(transform);
        int expected = checked(transform.ImageSize * transform.ImageSize * 3);
        if (destination.Length != expected)
        {
            throw new ArgumentException(
                $"The destination has {destination.Length} bytes; " +
                $"an RGB image of {transform.ImageSize} x {transform.ImageSize} pixels needs {expected}.", nameof(destination));
        }

        Picture picture = Load(encoded, name, transform, new SampleKey(seed, epoch, index));
        _resampler.Draw(picture.Pixels, picture.Window, destination);
        ReleaseLargeBuffers();
    }

    /// <summary>The resampler, for pixels that need no decoding.</summary>
    internal PixelResampler Resampler => _resampler;

    /// <summary>Decodes one image file and shrinks the whole picture.</summary>
    /// <param name="encoded">The file's bytes, from the current position to the end.</param>
    /// <param name="name">A name for messages.</param>
    /// <param name="shrink">The size.</param>
    /// <param name="rgb">Receives RGB bytes; replaced by a larger array where it is too short.</param>
    /// <exception cref="ImageDecodingException">The image is empty, truncated, no image, or too large.</exception>
    internal ShrunkSize Shrink(Stream encoded, string name, ShrinkTransform shrink, ref byte[] rgb)
    {
        Picture picture = Load(encoded, name, shrink, default);
        (AxisPlan x, AxisPlan y) = (picture.Plan.Horizontal, picture.Plan.Vertical);
        var size = new ShrunkSize(x.Count, y.Count, (int)x.Length, (int)y.Length);
        Reserve(ref rgb, size.Bytes);
        _resampler.Draw(picture.Pixels, picture.Window, rgb.AsSpan(0, size.Bytes));
        ReleaseLargeBuffers();
        return size;
    }

    private Picture Load(Stream encoded, string name, ImageTransform? transform, SampleKey key)
    {
        int length = ReadFile(encoded, name);
        // The codec reads our buffer in place, so both end before the buffer is used again.
        using SKData data = SKData.Create(Marshal.UnsafeAddrOfPinnedArrayElement(_file, 0), length);
        using SKCodec codec = SKCodec.Create(data) ?? throw new ImageDecodingException(name, DescribeUnknown(_file.AsSpan(0, length)));
        SKImageInfo full = codec.Info;
        if (full.Width < 1 || full.Height < 1)
        {
            throw new ImageDecodingException(name, $"its header states a size of {full.Width} x {full.Height} pixels");
        }

        if ((long)full.Width * full.Height > _options.MaxPixels)
        {
            throw new ImageDecodingException(
                name, $"it has {full.Width} x {full.Height} pixels, more than MaxPixels = {_options.MaxPixels} allows");
        }

        SKEncodedOrigin origin = codec.EncodedOrigin;
        bool swap = PixelOperations.SwapsAxes(origin);
        (int fullWidth, int fullHeight) = swap ? (full.Height, full.Width) : (full.Width, full.Height);
        CropPlan plan = transform?.Plan(fullWidth, fullHeight, key) ?? default;
        (int eighths, SKSizeI size) = transform is not null && _options.ScaledDecoding
            ? JpegScale.Choose(codec, plan, swap)
            : (8, full.Size);

        // The rounding-up of a scaled size adds to the stored picture's right and bottom, which may be the upright one's left and top.
        (int width, int height) = swap ? (size.Height, size.Width) : (size.Width, size.Height);
        double scale = eighths / 8.0;
        double offsetX = PixelOperations.StartsAtRight(origin) ? width - (fullWidth * scale) : 0;
        double offsetY = PixelOperations.StartsAtBottom(origin) ? height - (fullHeight * scale) : 0;
        var window = new PixelWindow(0, 0, size.Width, size.Height);
        if (transform is not null)
        {
            PixelWindow needed = _resampler.Prepare(plan, new PixelPlacement(scale, offsetX, offsetY), width, height);
            if (_options.PartialDecoding && codec.EncodedFormat == SKEncodedImageFormat.Jpeg && JpegFile.AllowsParts(_file.AsSpan(0, length)))
            {
                window = PixelReader.Plan(PixelOperations.ToStored(needed, width, height, origin), size);
            }
        }

        DecodePixels(codec, size, window, name);
        Span<byte> pixels = _pixels.AsSpan(0, window.Width * window.Height * 4);
        if (full.AlphaType != SKAlphaType.Opaque)
        {
            PixelOperations.CompositeOverWhite(pixels);
        }

        if (origin == SKEncodedOrigin.TopLeft)
        {
            return new Picture(_pixels, window, plan);
        }

        Reserve(ref _upright, pixels.Length + PixelResampler.Slack);
        Span<uint> upright = MemoryMarshal.Cast<byte, uint>(_upright.AsSpan(0, pixels.Length));
        PixelOperations.TurnUpright(MemoryMarshal.Cast<byte, uint>(pixels), window.Width, window.Height, origin, upright);
        return new Picture(_upright, PixelOperations.ToUpright(window, size.Width, size.Height, origin), plan);
    }

    private void DecodePixels(SKCodec codec, SKSizeI size, PixelWindow window, string name)
    {
        Reserve(ref _pixels, checked((int)(((long)window.Width * window.Height * 4) + PixelResampler.Slack)));
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_pixels, 0);
        SKCodecResult result = window.Width == size.Width && window.Height == size.Height
            ? PixelReader.ReadAll(codec, size, address)
            : PixelReader.ReadWindow(codec, size, window, address);
        if (result != SKCodecResult.Success)
        {
            throw new ImageDecodingException(name, result switch
            {
                SKCodecResult.IncompleteInput => "it is truncated: the file ends before the picture does",
                SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "its data are damaged",
                SKCodecResult.InvalidConversion or SKCodecResult.Unimplemented =>
                    $"its pixel format ({codec.EncodedFormat}, {codec.Info.ColorType}) is not supported",
                _ => $"the decoder reported {result}",
            });
        }
    }

    private int ReadFile(Stream encoded, string name)
    {
        // The length is a hint: growing from there costs little, and believing it would let a false one take any amount of memory.
        long hint = encoded.CanSeek ? Math.Clamp(encoded.Length - encoded.Position, 0, Math.Min(_options.MaxFileBytes, 16 << 20)) : 0;
        Reserve(ref _file, (int)hint + 1);
        int length = 0;
        while (true)
        {
            if (length == _file.Length)
            {
                byte[] larger = Allocate((int)Math.Min(Math.Max(2L * length, 64 << 10), _options.MaxFileBytes + 1));
                _file.AsSpan(0, length).CopyTo(larger);
                _file = larger;
            }

            int read = encoded.Read(_file, length, _file.Length - length);
            if (read <= 0)
            {
                break;
            }

            length += read;
            if (length > _options.MaxFileBytes)
            {
                throw new ImageDecodingException(name, $"it is longer than MaxFileBytes = {_options.MaxFileBytes} bytes");
            }
        }

        return length > 0 ? length : throw new ImageDecodingException(name, "the file is empty");
    }

    private void ReleaseLargeBuffers()
    {
        _file = _file.Length > KeptBytes ? [] : _file;
        _pixels = _pixels.Length > KeptBytes ? [] : _pixels;
        _upright = _upright.Length > KeptBytes ? [] : _upright;
    }

    private static void Reserve(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            // Dropped before the larger one is taken, so that both are never held.
            buffer = [];
            buffer = Allocate(length);
        }
    }

    /// <summary>Pinned, because Skia reads and writes these buffers by address.</summary>
    private static byte[] Allocate(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);

    private static string DescribeUnknown(ReadOnlySpan<byte> file)
    {
        var start = new StringBuilder();
        foreach (byte value in file[..Math.Min(8, file.Length)])
        {
            start.Append(value is >= 0x20 and < 0x7F ? ((char)value).ToString() : $"\\x{value:X2}");
        }

        return $"it is not a JPEG, PNG, WebP or BMP file, or its header is damaged (it starts with \"{start}\")";
    }

    /// <summary>Pixels of an upright picture in one of the buffers: all of it, or what the crop needs, perhaps at a smaller scale.</summary>
    private readonly record struct Picture(byte[] Pixels, PixelWindow Window, CropPlan Plan);
}
