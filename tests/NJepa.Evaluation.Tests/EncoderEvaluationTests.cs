using NJepa.Data;
using NJepa.Models;

namespace NJepa.Evaluation.Tests;

public sealed class EncoderEvaluationTests : TensorTest
{
    private static readonly ViT Small = ViT.Nano4 with { ImageSize = 16, Depth = 2, Width = 24, Heads = 2 };
    private static readonly BitmapSource Train = BitmapSource.Random(60, 16, seed: 1, "cat", "dog");
    private static readonly BitmapSource Test = BitmapSource.Random(40, 16, seed: 2, "cat", "dog");
    private static readonly EncoderEvaluationOptions Options = new() { Neighbours = new() { Neighbours = [5] }, RawPixelSize = 4, UntrainedSeed = 9 };

    [Fact]
    public void The_defaults_are_those_documented()
    {
        var options = new EncoderEvaluationOptions();
        options.Name.Should().Be("pretrained encoder");
        options.Features.Should().Be(new FeatureExtractionOptions());
        options.Neighbours.Should().Be(NearestNeighboursOptions.Default);
        options.Probe.Should().Be(LinearProbeOptions.Default);
        options.UntrainedSeed.Should().Be(0);
        options.RawPixelSize.Should().Be(16);
    }

    [Fact]
    public void Each_row_is_what_its_parts_measure_alone()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3), untrained = ViTEncoder.Create(Small, seed: 9);

        EvaluationReport report = EncoderEvaluation.Evaluate(encoder, Train, Test, Options);

        report.Entries.Select(entry => (entry.Name, entry.IsFloor)).Should().Equal(("raw pixels", true), ("untrained encoder", true), ("pretrained encoder", false));
        FeatureSet[][] sets =
        [
            [FeatureExtractor.ExtractRawPixels(Train, 4), FeatureExtractor.ExtractRawPixels(Test, 4)],
            [FeatureExtractor.Extract(untrained, Train), FeatureExtractor.Extract(untrained, Test)],
            [FeatureExtractor.Extract(encoder, Train), FeatureExtractor.Extract(encoder, Test)],
        ];
        for (int i = 0; i < 3; i++)
        {
            EvaluationEntry alone = EvaluationEntry.Measure("alone", sets[i][0], sets[i][1], Options.Neighbours);
            report.Entries[i].Results.Should().Equal(alone.Results);
            report.Entries[i].Collapse.Should().Be(i == 0 ? null : alone.Collapse, "pixels cannot collapse");
        }

        report.Gains.Should().HaveCount(4);
        foreach (AccuracyGain gain in report.Gains)
        {
            ClassificationResult of = report.Entries[2].Results.Single(result => result.Method == gain.Method);
            ClassificationResult floor = report.Entries.Single(entry => entry.Name == gain.Floor).Results.Single(result => result.Method == gain.Method);
            gain.Difference.Should().BeApproximately(of.Accuracy - floor.Accuracy, 1e-12);
        }
    }

    [Fact]
    public void An_encoder_that_learned_nothing_is_not_better_than_the_untrained_one()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 9);

        EvaluationReport report = EncoderEvaluation.Evaluate(encoder, Train, Test, Options);

        report.Gains.Where(gain => gain.Floor == EvaluationEntry.Untrained).Should().HaveCount(2).And.OnlyContain(gain => gain.OnlyFeatures == 0 && gain.OnlyFloor == 0);
        report.IsBetterThanFloors.Should().BeFalse();
        report.Conclusions[^1].Should().Be("pretrained encoder: by no method better than both floors beyond chance.");
        EvaluationReport.FromJson(report.ToJson()).ToJson().Should().Be(report.ToJson());
    }

    [Fact]
    public void Only_images_that_every_row_could_read_are_compared()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);
        EncoderEvaluationOptions patient = Options with { Features = new() { Loading = new() { MaxBadImageShare = 0.5 } } };

        // Image 2 is gone when it is opened for the second time, image 5 always.
        EvaluationReport report = EncoderEvaluation.Evaluate(encoder, Train, new VanishingSource(Test.Damaged(5), index: 2, opens: 1), patient);

        report.Entries.Should().OnlyContain(entry => entry.Results.All(result => result.Count == 38));
        report.Gains.Should().OnlyContain(gain => gain.Count == 38);
    }

    [Fact]
    public void Progress_rises_to_1_and_names_every_stage()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);
        var seen = new Recorder(_ => { });

        EncoderEvaluation.Evaluate(encoder, Train, Test, Options, seen);

        seen.Seen.Select(p => p.Done).Should().BeInAscendingOrder().And.StartWith(0).And.EndWith(1);
        seen.Seen.Select(p => p.Stage).Distinct().Should().Equal(
            "raw pixels: training features", "raw pixels: test features", "untrained encoder: training features", "untrained encoder: test features",
            "pretrained encoder: training features", "pretrained encoder: test features",
            "raw pixels: kNN, linear probe", "untrained encoder: kNN, linear probe and collapse", "pretrained encoder: kNN, linear probe and collapse");
    }

    [Theory]
    [InlineData("untrained encoder: test features")]
    [InlineData("pretrained encoder: kNN, linear probe and collapse")]
    public void It_can_be_stopped_at_any_stage(string stage)
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);
        using var stop = new CancellationTokenSource();
        var seen = new Recorder(p =>
        {
            if (p.Stage == stage)
            {
                stop.Cancel();
            }
        });

        Action act = () => EncoderEvaluation.Evaluate(encoder, Train, Test, Options, seen, stop.Token);

        act.Should().Throw<OperationCanceledException>();
        seen.Seen[^1].Stage.Should().Be(stage);
    }

    [Fact]
    public void What_labels_cannot_give_is_told_before_any_image_is_read()
    {
        (IImageSource Train, IImageSource Test, string Message)[] cases =
        [
            (Labelled([-1, -1]), Labelled([0, 1], "cat", "dog"), "2 of the 2 images of the training set have no class; every image needs one. *"),
            (Labelled([0, 0, 1, 1], "cat", "dog"), Labelled([0, -1], "cat", "dog"), "1 of the 2 images of the test set have no class; every image needs one. *"),
            (Labelled([0, 0, 0], "cat"), Labelled([0], "cat"), "The training set has images of one class only ('cat'); telling classes apart needs at least two. *"),
            (Labelled([0, 0, 1], "cat", "dog"), Labelled([0], "cat", "dog"), "Every class of the training set needs at least 2 images; too few in 'dog' (1). *"),
            (Labelled([0, 0, 1, 1], "cat", "dog"), Labelled([0], "cat", "Dog"), "The training set and the test set do not have the same classes. Only in the training set: 'dog'. Only in the test set: 'Dog'. *"),
            (Labelled([0, 0, 1, 1], "cat", "dog"), Labelled([0], "cat", "dog"), "5 neighbours were asked for, but the training set has 4 images; ask for 4 or fewer."),
        ];
        using ViTEncoder encoder = ViTEncoder.Create(Small);
        foreach ((IImageSource train, IImageSource test, string message) in cases)
        {
            Action act = () => EncoderEvaluation.Evaluate(encoder, train, test, Options);
            act.Should().Throw<EvaluationException>().WithMessage(message);
        }

        Action none = () => EncoderEvaluation.Evaluate(encoder, Labelled([0, 0, 1, 1], "cat", "dog"), Labelled([], "cat", "dog"), Options);
        none.Should().Throw<ArgumentException>().WithMessage("There are no test images; give a folder or zip with images of at least two classes. (Parameter 'test')");
    }

    [Fact]
    public void All_problems_of_the_options_are_listed_at_once()
    {
        Action act = () => new EncoderEvaluationOptions { Name = "raw pixels", Features = null!, Neighbours = null!, Probe = null!, RawPixelSize = 65 }.Validate();

        act.Should().Throw<ArgumentException>().WithMessage(
            "The encoder-evaluation options are not valid: Name is 'raw pixels', which is the name of a floor; give the encoder another. Features is null; leave it out for the defaults. "
            + "Neighbours is null; leave it out for the defaults. Probe is null; leave it out for the defaults. RawPixelSize is 65; it must be from 1 to 64 pixels. (Parameter 'options')");
    }

    /// <summary>A source whose images fail the test when they are read.</summary>
    private static UnreadSource Labelled(int[] labels, params string[] classNames) => new(labels, classNames);

    private sealed class UnreadSource(int[] labels, string[] classNames) : IImageSource
    {
        public int Count => labels.Length;

        public IReadOnlyList<string> ClassNames => classNames;

        public string GetName(int index) => $"image{index}";

        public int GetLabel(int index) => labels[index];

        public Stream OpenRead(int index) => throw new InvalidOperationException("An image was read.");
    }

    private sealed class VanishingSource(IImageSource source, int index, int opens) : IImageSource
    {
        private int _opened;

        public int Count => source.Count;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public string GetName(int i) => source.GetName(i);

        public int GetLabel(int i) => source.GetLabel(i);

        public Stream OpenRead(int i) => i == index && Interlocked.Increment(ref _opened) > opens ? throw new FileNotFoundException("gone") : source.OpenRead(i);
    }

    private sealed class Recorder(Action<EncoderEvaluationProgress> then) : IProgress<EncoderEvaluationProgress>
    {
        public List<EncoderEvaluationProgress> Seen { get; } = [];

        public void Report(EncoderEvaluationProgress value)
        {
            Seen.Add(value);
            then(value);
        }
    }
}
