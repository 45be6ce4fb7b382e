using NJepa.Data;
using NJepa.Models;

namespace NJepa.Training.Tests;

public sealed class ImageCacheTests : TensorTest, IDisposable
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 4, Width = 24, Depth = 1, Heads = 2 };

    private readonly DrawnSet _set = new(trainPerClass: 8, testPerClass: 1);

    private string Cache => Path.Combine(_set.Folder, "..", Path.GetFileName(_set.Folder) + "-cache", "images.packed");

    public void Dispose()
    {
        _set.Dispose();
        if (Directory.Exists(Path.GetDirectoryName(Cache)))
        {
            Directory.Delete(Path.GetDirectoryName(Cache)!, recursive: true);
        }
    }

    [Fact]
    public async Task A_cached_run_of_small_images_is_the_run_without_a_cache_and_the_next_one_decodes_nothing()
    {
        (float[] expected, _) = await RunAsync(_set.Train, Options());
        (float[] packing, TrainingResult first) = await RunAsync(_set.Train, Options() with { ImageCache = Cache });
        DateTime written = File.GetLastWriteTimeUtc(Cache);
        var closed = new Closed(_set.Train);
        (float[] reusing, TrainingResult second) = await RunAsync(closed, Options() with { ImageCache = Cache });

        packing.Should().Equal(expected, "pictures of 32 pixels are not shrunk");
        reusing.Should().Equal(expected);
        (first.Completed, second.Completed).Should().Be((true, true));
        File.GetLastWriteTimeUtc(Cache).Should().Be(written);
        using PackedImages packed = PackedImages.Open(Cache);
        (packed.Count, packed.ShorterSide).Should().Be((_set.Train.Count, 59), "59 is 32 / sqrt(0.3), rounded up");
    }

    [Fact]
    public async Task The_size_of_cached_images_can_be_set()
    {
        (_, TrainingResult result) = await RunAsync(_set.Train, Options() with { ImageCache = Cache, ImageCacheSize = 24 });

        result.Completed.Should().BeTrue();
        using PackedImages packed = PackedImages.Open(Cache);
        packed.ShorterSide.Should().Be(24);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_packs_takes_no_step_and_leaves_no_file()
    {
        using var cancel = new CancellationTokenSource();

        (_, TrainingResult result) = await RunAsync(new Closed(_set.Train, cancel.Cancel), Options() with { ImageCache = Cache }, cancel.Token);

        (result.Steps, result.Completed).Should().Be((0, false));
        Directory.GetFiles(Path.GetDirectoryName(Cache)!).Should().BeEmpty();
    }

    [Fact]
    public async Task A_cache_that_cannot_be_used_ends_the_run_with_the_reason()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Cache)!);
        File.WriteAllText(Cache, "notes");

        await FluentActions.Awaiting(() => RunAsync(_set.Train, Options() with { ImageCache = Cache })).Should().ThrowAsync<ImageSourceException>()
            .WithMessage("'*images.packed' is not a file of packed images, so it is neither read nor overwritten. Choose another path, or delete it.");
    }

    private static PretrainingOptions Options() => PretrainingOptions.SmallData with { Epochs = 2, BatchSize = 16, LogEvery = 5, LoaderThreads = 2 };

    private static async Task<(float[] Weights, TrainingResult Result)> RunAsync(IImageSource images, PretrainingOptions options, CancellationToken token = default)
    {
        using JepaModel model = JepaBuilder.WithEncoder(Small).WithRecipe(JepaRecipe.SmallData).Build();
        using var trainer = new JepaTrainer(model, images, options);
        TrainingResult result = await trainer.RunAsync(cancellationToken: token);
        return ([.. model.Parameters.Values.data<float>().ToArray()], result);
    }

    /// <summary>The same images, none of which may be opened (or which do something else first).</summary>
    private sealed class Closed(IImageSource source, Action? onOpen = null) : IImageSource
    {
        public int Count => source.Count;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public string GetName(int index) => source.GetName(index);

        public int GetLabel(int index) => source.GetLabel(index);

        public long GetStamp(int index) => source.GetStamp(index);

        public Stream OpenRead(int index)
        {
            (onOpen ?? throw new InvalidOperationException("nothing is to be opened"))();
            return source.OpenRead(index);
        }
    }
}
