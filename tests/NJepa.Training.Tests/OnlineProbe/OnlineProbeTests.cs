using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>A probe says what the encoder is good for, changes nothing of the run, and is refused before it when there is nothing to classify.</summary>
public sealed class OnlineProbeTests(OnlineProbeTests.Pictures pictures) : TensorTest, IClassFixture<OnlineProbeTests.Pictures>
{
    public sealed class Pictures : IDisposable
    {
        public DrawnSet Set { get; } = new(trainPerClass: 8, testPerClass: 3);

        public void Dispose() => Set.Dispose();
    }

    private OnlineProbe Probe(OnlineProbeOptions? options = null) => new(pictures.Set.Train, pictures.Set.Test, options ?? new OnlineProbeOptions());

    private CheckpointedRun Run(OnlineProbe? probe) => new(pictures.Set.Train) { Probe = probe };

    [Fact]
    public async Task A_run_is_bit_for_bit_the_same_with_a_probe()
    {
        using CheckpointedRun without = Run(null), with = Run(Probe(new OnlineProbeOptions { EverySteps = 7 }));
        await without.RunAsync();
        TrainingResult result = await with.RunAsync();

        with.Outcome().Should().Equal(without.Outcome());
        result.ProbeReadings.Select(reading => (reading.Step, reading.Epoch)).Should().Equal((0, 0), (7, 1), (14, 2), (21, 3), (28, 4), (35, 5), (40, 5));
        result.ProbeReadings.Should().OnlyContain(reading => reading.TrainingImages == 64 && reading.TestImages == 24 && reading.RankMe >= 1 && reading.RankMe <= 12);
        result.ProbeTime.Should().BeGreaterThanOrEqualTo(result.ProbeReadings.Aggregate(TimeSpan.Zero, (sum, reading) => sum + reading.Duration)).And.BeLessThan(result.Elapsed);
        result.History.Select(report => report.Probe!.Step).Should().Equal(result.History.Select(report => report.Step == 40 ? 40 : report.Step / 7 * 7));
        ProbeLog.Read(with.Folder).Should().Equal(result.ProbeReadings.Select(reading => reading with { Duration = TimeSpan.Zero }));
        File.Exists(Path.Combine(without.Folder, ProbeLog.FileName)).Should().BeFalse();
    }

    [Theory]
    [InlineData(ProbedEncoder.Student)]
    [InlineData(ProbedEncoder.Teacher)]
    public async Task A_reading_is_what_the_evaluation_of_the_encoder_finds(ProbedEncoder which)
    {
        using JepaModel model = JepaBuilder.WithEncoder(CheckpointedRun.Tiny).WithRecipe(JepaRecipe.SmallData).Build();
        using var trainer = new JepaTrainer(model, pictures.Set.Train, PretrainingOptions.SmallData with { Epochs = 2, BatchSize = 16, LoaderThreads = 1 });
        trainer.Probe = Probe(new OnlineProbeOptions { Encoder = which, Neighbours = 5, EveryEpochs = 2 });
        OnlineProbeReading last = (await trainer.RunAsync()).ProbeReadings[^1];

        ViTEncoder encoder = which == ProbedEncoder.Student ? model.Student : model.Teacher;
        FeatureSet train = FeatureExtractor.Extract(encoder, pictures.Set.Train), test = FeatureExtractor.Extract(encoder, pictures.Set.Test);
        ClassificationResult near = NearestNeighbours.Evaluate(train, test, new NearestNeighboursOptions { Neighbours = [5] })[0];
        last.NearestNeighbours.Should().Be(near.Accuracy);
        last.NearestNeighboursInterval.Should().Be(near.ConfidenceInterval);
        last.LinearProbe.Should().Be(LinearProbe.Evaluate(train, test).Classification.Accuracy);
        last.RankMe.Should().BeApproximately(CollapseMeasures.Measure(train).RankMe, 1e-3);
        last.ToString().Should().Match("probe after step 8: kNN * %, linear probe * %, RankMe *");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_resumed_run_leaves_the_same_log_of_readings(long stop)
    {
        var options = new OnlineProbeOptions { EverySteps = 3, LinearProbe = null, MaxTrainingImages = 32, MaxTestImages = 8 };
        using CheckpointedRun whole = Run(Probe(options)), parts = Run(Probe(options));
        await whole.RunAsync();

        TrainingResult first = await parts.RunAsync(until: stop);
        first.ProbeReadings.Select(reading => reading.Step).Should().Equal([0, 3, .. stop == 6 ? [6L] : (long[])[]]);
        // What a killed process wrote after its last checkpoint.
        File.AppendAllText(Path.Combine(parts.Folder, ProbeLog.FileName), "9,2,0.5,,3.5,32,8\n12,2,0.");
        var log = new ListLogger((_, id) => id.Id == 15);
        parts.Logger = log;
        TrainingResult second = await parts.ResumeAsync(until: stop + 1);
        second.History[0].Probe!.Step.Should().Be(6);
        await parts.ResumeAsync();

        File.ReadAllBytes(Path.Combine(parts.Folder, ProbeLog.FileName)).Should().Equal(File.ReadAllBytes(Path.Combine(whole.Folder, ProbeLog.FileName)));
        parts.Outcome().Should().Equal(whole.Outcome());
        ProbeLog.Read(whole.Folder).Should().OnlyContain(reading => reading.LinearProbe == null && reading.TrainingImages == 32 && reading.TestImages == 8);
        log.Messages.Should().HaveCount(ProbeLog.Read(whole.Folder).Count(reading => reading.Step > first.Steps));
    }

    [Fact]
    public async Task What_cannot_be_classified_is_refused_before_anything_is_touched()
    {
        IImageSource train = pictures.Set.Train, test = pictures.Set.Test;
        IImageSource oneClass = train.Subset(Enumerable.Range(0, train.Count).Where(i => train.GetLabel(i) == 0));
        IImageSource lonely = train.Subset(Enumerable.Range(0, train.Count).Where(i => train.GetLabel(i) != 3 || i == train.Count / 2));
        using CheckpointedRun run = Run(null);
        File.WriteAllText(Path.Combine(run.Folder, LossLog.FileName), "of another run");

        await Refused(new Unlabelled(train), test, "64 of its 64 training images have no class, and every image needs one. In a folder of images *");
        await Refused(train, new Unlabelled(test), "24 of its 24 test images have no class, *");
        await Refused(oneClass, test, "its training images are all of one class, and telling classes apart needs two");
        await Refused(train, new Renamed(test), "its training and test images must have the same classes, by name; in one of the two sets only: *'other'");
        await Refused(lonely, test, $"every class needs two training images that can be read; too few in '{train.ClassNames[3]}'");
        Directory.GetFiles(run.Folder).Select(Path.GetFileName).Should().Equal(LossLog.FileName);
        File.ReadAllText(Path.Combine(run.Folder, LossLog.FileName)).Should().Be("of another run");

        run.Probe = Probe(new OnlineProbeOptions { Transform = new EvaluationTransform { ImageSize = 64 } });
        (await run.Awaiting(r => r.RunAsync()).Should().ThrowAsync<TrainingException>()).WithMessage(
            "OnlineProbeOptions.Transform has 64 pixels, but the encoder takes 32; set Transform.ImageSize to 32, or leave Transform out. No step was taken.");

        async Task Refused(IImageSource training, IImageSource testing, string problem)
        {
            run.Probe = new OnlineProbe(training, testing);
            (await run.Awaiting(r => r.RunAsync()).Should().ThrowAsync<TrainingException>()).WithMessage(
                $"The online probe (JepaTrainer.Probe) cannot be used: {problem}. Give it other images, or run without it. No step was taken.");
        }
    }

    [Fact]
    public async Task A_reading_that_fails_later_is_a_warning()
    {
        var log = new ListLogger((_, id) => id.Id == 16);
        using JepaModel model = JepaBuilder.WithEncoder(CheckpointedRun.Tiny).WithRecipe(JepaRecipe.SmallData).Build();
        using var trainer = new JepaTrainer(
            model, pictures.Set.Train, PretrainingOptions.SmallData with { Epochs = 2, BatchSize = 16, LogEvery = 1, LoaderThreads = 0, WatchCollapse = false, OnNonFinite = NonFinitePolicy.SkipStep }, log);
        trainer.Probe = Probe(new OnlineProbeOptions { EverySteps = 3, Encoder = ProbedEncoder.Teacher, LinearProbe = null });
        TrainingResult result = await trainer.RunAsync(new Collect(report =>
        {
            if (report.Step == 5)
            {
                using (torch.no_grad())
                using (torch.NewDisposeScope())
                {
                    model.TeacherParameters.Values.fill_(float.NaN);
                }
            }
        }));

        (result.Completed, result.SkippedSteps).Should().Be((true, 3));
        result.ProbeReadings.Select(reading => reading.Step).Should().Equal(0, 3);
        log.Messages.Should().HaveCount(2);
        log.Messages[0].Should().Match("The probe could not judge the encoder after step 6: * features are not finite; *Training goes on, and the next reading is tried");
    }

    [Fact]
    public async Task An_encoder_that_cannot_be_judged_at_the_start_is_told_at_once()
    {
        using JepaModel model = JepaBuilder.WithEncoder(CheckpointedRun.Tiny).WithRecipe(JepaRecipe.SmallData).Build();
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            model.Parameters.Values.fill_(float.NaN);
        }

        using var trainer = new JepaTrainer(model, pictures.Set.Train, PretrainingOptions.SmallData with { Epochs = 2, BatchSize = 16, LoaderThreads = 0 });
        trainer.Probe = Probe();
        (await trainer.Awaiting(t => t.RunAsync()).Should().ThrowAsync<TrainingException>()).WithMessage("The online probe cannot judge this encoder: * features are not finite; * No step was taken.");
    }

    [Fact]
    public async Task A_cancelled_run_gives_up_the_reading_and_takes_it_when_it_goes_on()
    {
        using JepaModel model = JepaBuilder.WithEncoder(CheckpointedRun.Tiny).WithRecipe(JepaRecipe.SmallData).Build();
        using var trainer = new JepaTrainer(model, pictures.Set.Train, PretrainingOptions.SmallData with { Epochs = 1, BatchSize = 16, LoaderThreads = 0 });
        trainer.Probe = Probe();
        TrainingResult cancelled = await trainer.RunAsync(null, new CancellationToken(canceled: true));
        (cancelled.Steps, cancelled.Completed, cancelled.ProbeReadings.Count).Should().Be((0, false, 0));

        (await trainer.RunAsync()).ProbeReadings.Select(reading => reading.Step).Should().Equal(0, 4);
    }

    [Fact]
    public async Task A_new_run_without_a_probe_leaves_no_readings_of_another()
    {
        using CheckpointedRun run = Run(null);
        File.WriteAllText(Path.Combine(run.Folder, ProbeLog.FileName), ProbeLog.Header + "\n0,0,0.5,,3.5,32,8\n");
        await run.RunAsync(until: 2);
        File.Exists(Path.Combine(run.Folder, ProbeLog.FileName)).Should().BeFalse();
    }

    [Fact]
    public async Task Readings_reach_the_instruments()
    {
        var measured = new List<(string Name, double Value, object? Tag)>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, active) =>
        {
            if (instrument.Name.StartsWith("njepa.training.probe", StringComparison.Ordinal))
            {
                active.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Add((instrument.Name, value, tags.Length > 0 ? tags[0].Value : null)));
        listener.Start();
        using CheckpointedRun run = Run(Probe(new OnlineProbeOptions { EveryEpochs = 5 }));
        TrainingResult result = await run.RunAsync();

        measured.Should().Equal(result.ProbeReadings.SelectMany(reading => new (string, double, object?)[]
        {
            (TrainingMetrics.ProbeAccuracy, reading.NearestNeighbours, "nearest-neighbours"),
            (TrainingMetrics.ProbeAccuracy, reading.LinearProbe!.Value, "linear"),
            (TrainingMetrics.ProbeRankMe, reading.RankMe, null),
            (TrainingMetrics.ProbeDuration, reading.Duration.TotalSeconds, null),
        }));
        result.ProbeReadings.Should().HaveCount(2);
    }

    [Fact]
    public void Options_out_of_range_are_all_listed()
    {
        var options = new OnlineProbeOptions
        {
            EveryEpochs = 0, EverySteps = 0, Encoder = (ProbedEncoder)7, MaxTrainingImages = 3, MaxTestImages = 1, Neighbours = 0, LinearProbe = LinearProbeOptions.Default with { Strengths = [] },
        };
        Action make = () => Probe(options);
        make.Should().Throw<OptionsValidationException>().Which.Failures.Should().BeEquivalentTo(
            "OnlineProbeOptions.EveryEpochs is 0; it must be from 1 to 1000000 (default 1).",
            "OnlineProbeOptions.EverySteps is 0; it must be from 1 to 1000000000 or null.",
            "OnlineProbeOptions.Encoder is 7; it must be one of Student, Teacher (default Student).",
            "OnlineProbeOptions.MaxTrainingImages is 3; it must be from 4 to 1000000 (default 2000).",
            "OnlineProbeOptions.MaxTestImages is 1; it must be from 2 to 1000000 (default 1000).",
            "OnlineProbeOptions.Neighbours is 0; it must be from 1 to 1000000 (default 20).",
            "OnlineProbeOptions.LinearProbe: The linear-probe options are not valid: Strengths is empty; give at least one value to try. (Parameter 'options')");
        new OnlineProbeOptions().Validate().Should().BeEmpty();
    }

    [Theory]
    [InlineData("3,1,0.5,0.25,2.5,10,8", true)]
    [InlineData("3,1,0.5,,2.5,10,8", true)]
    [InlineData("3,1,1.5,,2.5,10,8", false)]
    [InlineData("3,1,NaN,,2.5,10,8", false)]
    [InlineData("3,1,0.5,x,2.5,10,8", false)]
    [InlineData("3,1,0.5,,2.5,10,0", false)]
    [InlineData("-3,1,0.5,,2.5,10,8", false)]
    [InlineData("3,1,0.5,,2.5,10", false)]
    public void A_line_is_a_reading_or_the_log_is_refused(string line, bool isOne)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"{ProbeLog.Header}\n{line}\n");
            if (isOne)
            {
                ProbeLog.Line(ProbeLog.Read(file).Single()).Should().Be(line + "\n");
            }
            else
            {
                this.Invoking(_ => ProbeLog.Read(file)).Should().Throw<InvalidDataException>().WithMessage($"Line 2 of '{file}' is no line of a log of probe readings: '{line}'.");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private sealed class Unlabelled(IImageSource source) : IImageSource
    {
        public int Count => source.Count;

        public IReadOnlyList<string> ClassNames => [];

        public string GetName(int index) => source.GetName(index);

        public int GetLabel(int index) => -1;

        public Stream OpenRead(int index) => source.OpenRead(index);
    }

    private sealed class Renamed(IImageSource source) : IImageSource
    {
        public int Count => source.Count;

        public IReadOnlyList<string> ClassNames => [.. source.ClassNames.Skip(1), "other"];

        public string GetName(int index) => source.GetName(index);

        public int GetLabel(int index) => source.GetLabel(index);

        public Stream OpenRead(int index) => source.OpenRead(index);
    }
}
