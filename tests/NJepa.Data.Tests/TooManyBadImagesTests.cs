using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class TooManyBadImagesTests
{
    [Theory]
    [InlineData("folder", 0)]
    [InlineData("folder", 2)]
    [InlineData("zip", 0)]
    [InlineData("zip", 2)]
    [InlineData("packed", 2)]
    [InlineData("subset", 2)]
    public void More_bad_images_than_allowed_stop_every_reader_with_the_list(string kind, int threads)
    {
        using var other = new TempFolder();
        (string, byte[])[] files = [.. Enumerable.Range(0, 50).Select(i => ($"c/{i:00}.png", i % 10 == 4 ? "no picture"u8.ToArray() : Pictures.Png(6, 6, i)))];
        string zip = other.Write("a.zip", Zip.Of(files));
        Array.ForEach(files, file => other.Write("folder/" + file.Item1, file.Item2));
        using ImageArchive archive = ImageArchive.Open(zip);
        using PackedImages packed = PackedImages.Create(archive, other.At("a.packed"));
        IImageSource source = kind switch
        {
            "folder" => ImageFolder.Open(other.At("folder")),
            "zip" => archive,
            "packed" => packed,
            _ => archive.Subset(Enumerable.Range(0, 50)),
        };
        foreach (ImageTransform transform in new ImageTransform[] { new TrainingAugmentation { ImageSize = 6 }, new EvaluationTransform { ImageSize = 6 } })
        {
            using var allowed = new ImageLoader(source, transform, new ImageLoaderOptions { BatchSize = 10, Threads = threads, MaxBadImageShare = 0.1 });
            allowed.Epoch(0).Sum(batch => batch.Count).Should().Be(transform is TrainingAugmentation ? 50 : 45);
            using var loader = new ImageLoader(source, transform, new ImageLoaderOptions { BatchSize = 10, Threads = threads, MaxBadImageShare = 0.08 });

            TooManyBadImagesException error = loader.Invoking(l => l.Epoch(0).Count()).Should().Throw<TooManyBadImagesException>().Which;

            error.BadImages.Select(bad => bad.Name).Should().Equal("c/04.png", "c/14.png", "c/24.png", "c/34.png", "c/44.png");
            error.Message.Should().StartWith("5 of 50 images could not be read, more than MaxBadImageShare = 0.08 allows. Repair or remove them, or allow a larger share:")
                .And.Contain("  - c/44.png: it is not a JPEG, PNG, WebP or BMP file");
        }
    }
}
