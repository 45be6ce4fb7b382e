using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>A teacher that gives all images the same features is told of, a healthy one is not, and the run is the same either way.</summary>
public sealed class CollapseWatchTests(JepaTrainerTests.Pictures pictures) : TensorTest, IClassFixture<JepaTrainerTests.Pictures>
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 8, Width = 24, Depth = 1, Heads = 2 };

    private static JepaModel Model(JepaRecipe? recipe = null) => JepaBuilder.WithEncoder(Small).WithRecipe(recipe ?? JepaRecipe.SmallData).Build();

    private static PretrainingOptions Options() => PretrainingOptions.SmallData with { Epochs = 3, BatchSize = 16, LogEvery = 2, LoaderThreads = 1, Momentum = 1, CollapseCheckEvery = 4 };

    private static CollapseReport Report(double variation, double rankMe) => new(256, 96, variation, rankMe, 40, 0.9, 1);

    private async Task<TrainingResult> RunAsync(JepaModel model, PretrainingOptions options, ILogger? logger = null, IImageSource? images = null)
    {
        using var trainer = new JepaTrainer(model, images ?? pictures.Source, options, logger);
        return await trainer.RunAsync();
    }

    [Fact]
    public async Task A_healthy_teacher_is_measured_at_the_reports_and_nothing_is_said()
    {
        var log = new ListLogger((_, id) => id.Id is >= 12 and <= 14);
        using JepaModel model = Model();
        TrainingResult result = await RunAsync(model, Options() with { LogEvery = 3 }, log);
        result.History.Select(report => (report.Step, report.Collapse?.Count)).Should().Equal((3, null), (6, 64), (9, 64), (12, 64));
        result.History[1].Collapse!.RankMe.Should().BeGreaterThan(2);
        log.Messages.Should().BeEmpty();
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public async Task A_teacher_that_gives_all_images_the_same_features_is_told_once(double feature)
    {
        var log = new ListLogger((_, id) => id.Id is >= 12 and <= 14);
        using JepaModel model = Model();
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            model.TeacherParameters.Values.zero_();
            model.TeacherParameters.Parameters.Single(parameter => parameter.Name.EndsWith(".norm.bias", StringComparison.Ordinal) && !parameter.Name.Contains("blocks", StringComparison.Ordinal)).Value.fill_(feature);
        }

        TrainingResult result = await RunAsync(model, Options(), log);

        result.Completed.Should().BeTrue();
        result.History.Count(report => report.Collapse is not null).Should().Be(3);
        result.History[^1].Collapse!.IsCollapsed.Should().BeTrue();
        log.Messages.Should().ContainSingle().Which.Should().Match(
            "The teacher hardly tells images apart (step 4, 64 fixed images): its features vary over the images by 0.0000 of their size (usual is above 0.1, suspicious 0.02 and less), RankMe is ?.0 of 24 "
            + "(usual is above 5, suspicious less than 1.5), the mean cosine of two images ?.00. Features that are the same for all images are easy to predict: a low loss means nothing then, and the "
            + "encoder is of little use. If it stays so, stop and raise the variance and covariance terms (they are * and *), raise Momentum (it is 1), lower LearningRate (the peak is 0.002). "
            + "Said once until it recovers");
    }

    [Fact]
    public void A_fall_counts_after_a_healthy_measurement_or_the_warm_up_and_each_is_told_once()
    {
        CollapseReport healthy = Report(0.15, 9), low = Report(0.019, 9), narrow = Report(0.15, 1.4), nearly = Report(0.021, 9), same = Report(0.001, 9);
        var early = new CollapseVerdict(Options(), warmupSteps: 100);
        early.Judge(low, 10).Should().Be(CollapseChange.None);
        early.Judge(narrow, 20).Should().Be(CollapseChange.None);
        early.Judge(narrow, 100).Should().Be(CollapseChange.Collapsed);
        early.Judge(low, 110).Should().Be(CollapseChange.None);
        early.Judge(nearly, 120).Should().Be(CollapseChange.None, "it is hardly above the threshold");
        early.Judge(healthy, 130).Should().Be(CollapseChange.Recovered);
        early.Judge(low, 140).Should().Be(CollapseChange.Collapsed);

        var fallen = new CollapseVerdict(Options(), warmupSteps: 100);
        fallen.Judge(nearly, 10).Should().Be(CollapseChange.None);
        fallen.Judge(low, 20).Should().Be(CollapseChange.Collapsed);

        new CollapseVerdict(Options(), warmupSteps: 100).Judge(same, 10).Should().Be(CollapseChange.Collapsed);
    }

    [Fact]
    public void Few_images_need_no_many_directions()
    {
        var verdict = new CollapseVerdict(Options(), warmupSteps: 0);
        CollapseReport two = Report(0.15, 1.2) with { Count = 2 };
        verdict.SmallestRankMe(two).Should().BeApproximately(1.1, 1e-12);
        verdict.Judge(two, 10).Should().Be(CollapseChange.None);
        verdict.SmallestRankMe(Report(0.15, 9)).Should().Be(1.5);
    }

    [Fact]
    public async Task Watching_does_not_change_the_run()
    {
        async Task<byte[]> Weights(bool watch)
        {
            using JepaModel model = Model();
            await RunAsync(model, Options() with { WatchCollapse = watch, CollapseCheckEvery = 1, LogEvery = 1, Momentum = 0.9 });
            return [.. model.Parameters.Values.bytes, .. model.TeacherParameters.Values.bytes];
        }

        byte[] watched = await Weights(true), unwatched = await Weights(false);
        watched.AsSpan().SequenceEqual(unwatched).Should().BeTrue();
    }

    [Fact]
    public async Task It_can_be_switched_off_and_a_run_that_was_cancelled_is_not_measured_at_its_end()
    {
        using JepaModel model = Model(), cancelled = Model();
        (await RunAsync(model, Options() with { WatchCollapse = false })).History.Should().OnlyContain(report => report.Collapse == null);

        using var trainer = new JepaTrainer(cancelled, pictures.Source, Options() with { CollapseCheckEvery = null });
        using var cancel = new CancellationTokenSource();
        TrainingResult first = await trainer.RunAsync(new Collect(_ => cancel.Cancel()), cancel.Token), second = await trainer.RunAsync();
        first.History.Should().OnlyContain(report => report.Collapse == null);
        second.History.Select(report => report.Collapse is not null).Should().Equal(false, false, false, false, true);
    }

    [Fact]
    public void The_probe_is_chosen_by_the_seed()
    {
        int[] chosen = CollapseProbe.Choose(1000, 50, seed: 3);
        chosen.Should().HaveCount(50).And.OnlyHaveUniqueItems().And.BeInAscendingOrder().And.OnlyContain(index => index >= 0 && index < 1000);
        CollapseProbe.Choose(1000, 50, seed: 3).Should().Equal(chosen);
        CollapseProbe.Choose(1000, 50, seed: 4).Should().NotEqual(chosen);
        CollapseProbe.Choose(7, 50, seed: 3).Should().Equal(0, 1, 2, 3, 4, 5, 6);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(64)]
    public void Parts_of_any_size_measure_what_an_evaluation_does(int batch)
    {
        using JepaModel model = Model();
        CollapseReport measured = CollapseProbe.Read(pictures.Source, 32, Options() with { BatchSize = 64, MicroBatchSize = batch }).Measure(model.Teacher);
        CollapseReport expected = CollapseMeasures.Measure(FeatureExtractor.Extract(model.Teacher, pictures.Source));
        (measured.Count, measured.Width).Should().Be((64, 24));
        measured.RankMe.Should().BeApproximately(expected.RankMe, 1e-4);
        measured.FeatureStandardDeviation.Should().BeApproximately(expected.FeatureStandardDeviation, 1e-6);
    }

    [Fact]
    public async Task Images_that_cannot_be_read_are_left_out()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 3);
        Spoil(set, count: 3);
        using JepaModel model = Model();
        TrainingResult result = await RunAsync(model, Options() with { MaxBadImageShare = 0.5 }, images: set.Train);
        result.History[^1].Collapse!.Count.Should().Be(29);
    }

    [Fact]
    public async Task A_source_with_one_readable_image_is_trained_on_and_not_watched()
    {
        using var set = new DrawnSet(trainPerClass: 1, testPerClass: 1, seed: 3);
        Spoil(set, count: 7);
        var log = new ListLogger((_, id) => id.Id is >= 12 and <= 14);
        using JepaModel model = Model(JepaRecipe.IJepa);
        TrainingResult result = await RunAsync(model, Options() with { BatchSize = 1, MaxBadImageShare = 1 }, log, set.Train);
        result.Completed.Should().BeTrue();
        result.History.Should().OnlyContain(report => report.Collapse == null);
        log.Messages.Should().Equal(
            "Whether the features collapse cannot be watched in this run (step 4): 1 of the images chosen for it can be read, and differences need two. Training goes on; set CollapseProbeImages otherwise, "
            + "or WatchCollapse to false to be spared this");
    }

    private static void Spoil(DrawnSet set, int count)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(set.Folder, "train"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(count))
        {
            File.WriteAllText(file, "not a picture");
        }
    }
}
