using System.Runtime.InteropServices;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class LoaderMemoryTests
{
    private const int Side = 96;
    private const int ImageBytes = Side * Side * 3;

    private static readonly TrainingAugmentation Augmentation = new() { ImageSize = Side };

    [Fact]
    public void Decoding_and_cropping_allocate_nothing_of_an_image_s_size()
    {
        // The encoded file, the decoded picture and the crop are all larger than what is allowed here.
        byte[][] files = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? Pictures.NoisePng(160, 120, i) : Pictures.Encode(Pictures.Noise(160, 120, i), SkiaSharp.SKEncodedImageFormat.Jpeg))];

        BytesPerImage(new MemorySource(files)).Should().BeLessThan(ImageBytes / 8);
    }

    [Fact]
    public void Crops_of_packed_images_allocate_next_to_nothing()
    {
        using var folder = new TempFolder();
        using PackedImages packed = PackedImages.Create(
            new MemorySource([.. Enumerable.Range(0, 32).Select(i => Pictures.NoisePng(160, 120, i))]), folder.At("images.packed"));

        BytesPerImage(packed).Should().BeLessThan(200);
    }

    [Fact]
    public void The_pixels_of_a_batch_do_not_move()
    {
        using var training = new ImageLoader(new MemorySource(8), new TrainingAugmentation { ImageSize = 8 }, new ImageLoaderOptions { BatchSize = 8, Threads = 0 });
        using var evaluation = new ImageLoader(
            new MemorySource([.. Enumerable.Range(0, 8).Select(i => i == 2 ? [] : Pictures.Png(12, 10, i))]),
            new EvaluationTransform { ImageSize = 8 },
            new ImageLoaderOptions { BatchSize = 8, Threads = 0, MaxBadImageShare = 0.5 });
        foreach (ImageLoader loader in new[] { training, evaluation })
        {
            using ImageBatch batch = loader.Epoch(0).Single();
            // Small arrays that are not pinned move when the memory below them is compacted.
            nint address = Marshal.UnsafeAddrOfPinnedArrayElement(batch.Pixels, 0);
            for (int i = 0; i < 3; i++)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
                Marshal.UnsafeAddrOfPinnedArrayElement(batch.Pixels, 0).Should().Be(address);
            }
        }
    }

    /// <summary>Over whole epochs on this thread, when all buffers have grown to their size: the same epoch has the same crops.</summary>
    private static double BytesPerImage(IImageSource source)
    {
        using var loader = new ImageLoader(source, Augmentation, new ImageLoaderOptions { BatchSize = 16, Threads = 0 });
        void Run()
        {
            foreach (ImageBatch batch in loader.Epoch(0))
            {
                batch.Dispose();
            }
        }

        Run();
        Run();

        // The least of several: a collection in between may empty a pool, whose buffers are then made again once.
        return Enumerable.Range(0, 5).Min(_ =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run();
            return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)source.Count;
        });
    }
}
