using SkiaSharp;

namespace NJepa.Data;

/// <summary>Foretells the size of a packed file from the headers of some images, spread over the source.</summary>
internal static class PackedSizeEstimate
{
    private const int MaxSamples = 256;

    /// <summary>An image's size stands near its beginning, unless large metadata come first; such an image is left out.</summary>
    private const int HeaderBytes = 256 << 10;

    /// <summary>Name, label and place of an image, roughly.</summary>
    private const int IndexBytes = 64;

    /// <summary>Bytes of the whole file. Images that cannot be read count as nothing.</summary>
    public static long Bytes(IImageSource source, ShrinkTransform shrink, CancellationToken cancellationToken)
    {
        int samples = Math.Min(source.Count, MaxSamples);
        byte[] start = GC.AllocateUninitializedArray<byte>(HeaderBytes, pinned: true);
        double bytes = 0;
        for (int i = 0; i < samples; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bytes += PixelBytes(source, (int)((long)i * source.Count / samples), shrink, start);
        }

        return PackedHeader.Length + (long)((bytes / samples + IndexBytes) * source.Count);
    }

    private static long PixelBytes(IImageSource source, int index, ShrinkTransform shrink, byte[] start)
    {
        try
        {
            using Stream stream = source.OpenRead(index);
            int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            using SKData data = SKData.Create(System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(start, 0), length);
            using SKCodec? codec = SKCodec.Create(data);
            if (codec is null || codec.Info.Width < 1 || codec.Info.Height < 1)
            {
                return 0;
            }

            // Turning a picture upright changes the place of its sides, not their product.
            ShrunkSize size = shrink.Size(codec.Info.Width, codec.Info.Height);
            return (long)size.Width * size.Height * ShrunkSize.PixelBytes;
        }
        catch (Exception e) when (ImageFailure.Reason(e) is not null)
        {
            return 0;
        }
        catch (Exception e) when (!ImageFailure.IsFinal(e))
        {
            throw ImageFailure.OfSource(source, index, e);
        }
    }
}
