using NJepa.Data;
using NJepa.Masking;
using NJepa.Models;
using NJepa.Throughput.Options;
using NJepa.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Throughput.Workers;

/// <summary>NJepa's own training step.</summary>
internal sealed class NJepaStepper : IStepper
{
    private readonly JepaModel _model;
    private readonly PretrainingOptions _options;
    private readonly FlatAdamW _optimizer;
    private readonly FiniteGuard _guard;
    private readonly TrainingStep _step;
    private readonly StepSettings _settings = new(1e-4, 0.04, 0.996);
    private readonly ImageLoader _loader;
    private readonly Tensor _pixels;
    private readonly long[] _samples;
    private long _steps;

    public NJepaStepper(ThroughputCase work, Device device)
    {
        _model = work.Builder().Build(device);
        _options = PretrainingOptions.SmallData with { BatchSize = work.Batch, MicroBatchSize = work.MicroBatch };
        _optimizer = new FlatAdamW(_model.Parameters);
        _guard = new FiniteGuard(_model, _options.OnNonFinite);
        _step = new TrainingStep(_model, _optimizer, _options, _guard);
        _samples = [.. Enumerable.Range(0, work.Batch).Select(i => (long)i)];
        _loader = new ImageLoader(
            ImageSource.Open(work.Images),
            new TrainingAugmentation { ImageSize = work.Encoder.ImageSize, HorizontalFlip = true },
            new ImageLoaderOptions { BatchSize = work.Batch, Threads = work.LoaderThreads });
        using ImageBatch batch = _loader.Steps(0, 1).First();
        _pixels = _step.Upload(batch).DetachFromDisposeScope();
    }

    public double Step(PhaseClock clock)
    {
        _model.PhaseEnded = clock.Mark;
        _step.PhaseEnded = clock.Mark;
        using DisposeScope scope = NewDisposeScope();
        MaskBatch masks = _model.MaskSampler.Sample(_options.Seed, _steps, _samples);
        clock.Start();
        _step.Run(_pixels, _samples, _steps++, _settings);
        clock.Mark("other");
        return ModelSummary.StepOperations(_model.Configuration, masks) * _samples.Length / 1e9;
    }

    public TimeSpan Run(int steps)
    {
        (_model.PhaseEnded, _step.PhaseEnded) = (null, null);
        TimeSpan before = _loader.WaitTime;
        foreach (ImageBatch batch in _loader.Steps(_steps, steps))
        {
            using (batch)
            using (NewDisposeScope())
            {
                // As the trainer does with its reports.
                if (_steps % _options.LogEvery == 0)
                {
                    NJepaRuntime.ReleaseFreeMemory();
                }

                _step.Run(_step.Upload(batch), Array.ConvertAll(batch.Indices, index => (long)index), _steps++, _settings);
            }
        }

        return _loader.WaitTime - before;
    }

    public void Dispose()
    {
        _loader.Dispose();
        _pixels.Dispose();
        _guard.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
    }
}
