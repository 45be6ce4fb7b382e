using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Models;

namespace NJepa.Training.Tests;

public sealed class LoaderWatchTests : TensorTest
{
    private readonly ListLogger _log = new((level, _) => level == LogLevel.Warning);

    [Fact]
    public void A_slow_loader_is_said_once_with_the_share_and_the_remedy()
    {
        var watch = new LoaderWatch(_log, loaderThreads: 3);
        foreach ((long step, double share) in new[] { (10L, 0.1), (20L, 0.5), (30L, 0.9) })
        {
            watch.Check(Report(step, share));
        }

        _log.Messages.Should().Equal(
            "Training waited for images 50 % of the time up to step 20. Raise LoaderThreads (it is 3), shrink the images beforehand or keep them in an image cache. Said once per run");
    }

    [Theory]
    [InlineData(0.9, 0.1, 0.2)]
    [InlineData(0.0, 0.2, 0.2)]
    [InlineData(1.0)]
    public void The_first_report_and_shares_up_to_a_fifth_are_passed_over(params double[] shares)
    {
        var watch = new LoaderWatch(_log, loaderThreads: 1);
        for (int i = 0; i < shares.Length; i++)
        {
            watch.Check(Report(10 * (i + 1), shares[i]));
        }

        _log.Messages.Should().BeEmpty();
    }

    [Fact]
    public async Task A_run_on_slow_images_warns_once()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1);
        var vit = new ViT { Name = "test", ImageSize = 32, PatchSize = 4, Width = 24, Depth = 1, Heads = 2 };
        using JepaModel model = JepaBuilder.WithEncoder(vit).WithRecipe(JepaRecipe.IJepa).Build();
        using var trainer = new JepaTrainer(model, new SlowSource(set.Train), PretrainingOptions.SmallData with { Epochs = 3, BatchSize = 16, LogEvery = 1, LoaderThreads = 0, WatchCollapse = false }, _log);
        await trainer.RunAsync();
        _log.Messages.Should().ContainSingle().Which.Should().Match("Training waited for images * of the time up to step 2. Raise LoaderThreads (it is 0), *");
    }

    private static TrainingProgress Report(long step, double share) =>
        new(step, 100, 1, 1, new LossValues(1, 1, null, null, null, null), new StepSettings(1e-3, 0.04, 0.996), 50, share, TimeSpan.FromSeconds(step), TimeSpan.Zero);

    // 16 images of 50 ms each: four fifths of the time would have to go into a step of a few milliseconds for this to be no slow loader.
    private sealed class SlowSource(IImageSource images) : IImageSource
    {
        public int Count => images.Count;

        public IReadOnlyList<string> ClassNames => images.ClassNames;

        public string GetName(int index) => images.GetName(index);

        public int GetLabel(int index) => images.GetLabel(index);

        public Stream OpenRead(int index)
        {
            Thread.Sleep(50);
            return images.OpenRead(index);
        }
    }
}
