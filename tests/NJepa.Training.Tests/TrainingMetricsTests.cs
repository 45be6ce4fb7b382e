using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using NJepa.Models;

namespace NJepa.Training.Tests;

public sealed class TrainingMetricsTests : TensorTest, IDisposable
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 4, Width = 24, Depth = 1, Heads = 2 };
    private readonly DrawnSet _set = new(trainPerClass: 8, testPerClass: 1);

    public void Dispose() => _set.Dispose();

    [Fact]
    public async Task A_run_tells_its_instruments_what_it_reports()
    {
        using var listener = new Listener();
        TrainingResult result = await RunAsync(JepaRecipe.SmallData);

        result.History.Should().HaveCount(3);
        listener.Sum(TrainingMetrics.Images).Should().Be(result.Images).And.Be(192);
        listener.Sum(TrainingMetrics.Steps).Should().Be(result.Steps).And.Be(12);
        listener.Values(TrainingMetrics.StepDuration).Should().HaveCount(12).And.OnlyContain(seconds => seconds > 0);
        listener.Sum(TrainingMetrics.StepDuration).Should().BeLessThanOrEqualTo(result.Elapsed.TotalSeconds);
        listener.Values(TrainingMetrics.ImagesPerSecond).Should().Equal(result.History.Select(report => report.ImagesPerSecond));
        listener.Values(TrainingMetrics.LearningRate).Should().Equal(result.History.Select(report => report.Settings.LearningRate));
        listener.Values(TrainingMetrics.Momentum).Should().Equal(result.History.Select(report => report.Settings.Momentum));
        listener.Values(TrainingMetrics.LoaderWaitShare).Should().Equal(result.History.Select(report => report.LoaderWaitShare));
    }

    [Fact]
    public async Task Every_loss_term_has_its_tag()
    {
        using var listener = new Listener();
        TrainingResult result = await RunAsync(JepaRecipe.SmallData);

        IEnumerable<LossValues> losses = result.History.Select(report => report.Losses).ToList();
        listener.LossTerms.Should().Equal("total", "clean-teacher", "noisy-teacher", "noisy-clean", "variance", "covariance");
        listener.Losses("total").Should().Equal(losses.Select(loss => loss.Total));
        listener.Losses("clean-teacher").Should().Equal(losses.Select(loss => loss.CleanTeacher));
        listener.Losses("noisy-teacher").Should().Equal(losses.Select(loss => loss.NoisyTeacher!.Value));
        listener.Losses("noisy-clean").Should().Equal(losses.Select(loss => loss.NoisyClean!.Value));
        listener.Losses("variance").Should().Equal(losses.Select(loss => loss.Variance!.Value));
        listener.Losses("covariance").Should().Equal(losses.Select(loss => loss.Covariance!.Value));
    }

    [Fact]
    public async Task Terms_that_are_off_are_not_recorded()
    {
        using var listener = new Listener();
        await RunAsync(JepaRecipe.IJepa);
        listener.LossTerms.Should().Equal("total", "clean-teacher");
    }

    [Fact]
    public async Task The_instruments_have_names_kinds_and_units()
    {
        using var listener = new Listener();
        await RunAsync(JepaRecipe.IJepa);

        listener.Instruments.Should().OnlyContain(instrument => instrument.Meter.Name == "NJepa.Training" && !string.IsNullOrEmpty(instrument.Description));
        listener.Instruments.Select(instrument => (instrument.Name, Kind(instrument), instrument.Unit)).Should().BeEquivalentTo(
        [
            ("njepa.training.images", "Counter", "{image}"),
            ("njepa.training.steps", "Counter", "{step}"),
            ("njepa.training.step.duration", "Histogram", "s"),
            ("njepa.training.images_per_second", "Gauge", "{image}/s"),
            ("njepa.training.loss", "Gauge", "1"),
            ("njepa.training.learning_rate", "Gauge", "1"),
            ("njepa.training.momentum", "Gauge", "1"),
            ("njepa.training.loader.wait_share", "Gauge", "1"),
            ("njepa.training.probe.accuracy", "Gauge", "1"),
            ("njepa.training.probe.rank_me", "Gauge", "{dimension}"),
            ("njepa.training.probe.duration", "Histogram", "s"),
        ]);

        static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0];
    }

    private async Task<TrainingResult> RunAsync(JepaRecipe recipe)
    {
        using JepaModel model = JepaBuilder.WithEncoder(Small).WithRecipe(recipe).Build();
        using var trainer = new JepaTrainer(model, _set.Train, PretrainingOptions.SmallData with { Epochs = 3, BatchSize = 16, LogEvery = 5, LoaderThreads = 1 });
        return await trainer.RunAsync();
    }

    /// <summary>Everything that the meter records while this is there.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Name, double Value, string? Term)> _recorded = [];
        private readonly ConcurrentQueue<Instrument> _instruments = [];

        public Listener()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TrainingMetrics.MeterName)
                {
                    _instruments.Enqueue(instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public IEnumerable<Instrument> Instruments => _instruments;

        public IEnumerable<string?> LossTerms => _recorded.Where(record => record.Name == TrainingMetrics.Loss).Select(record => record.Term).Distinct();

        public IEnumerable<double> Losses(string term) => _recorded.Where(record => record.Name == TrainingMetrics.Loss && record.Term == term).Select(record => record.Value);

        public IEnumerable<double> Values(string name) => _recorded.Where(record => record.Name == name).Select(record => record.Value);

        public double Sum(string name) => Values(name).Sum();

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? term = tags.IsEmpty ? null : (string?)tags[0].Value;
            if (!tags.IsEmpty && (tags.Length > 1 || tags[0].Key != "term"))
            {
                throw new InvalidOperationException($"{instrument.Name} has other tags than 'term'.");
            }

            _recorded.Enqueue((instrument.Name, value, term));
        }
    }
}
