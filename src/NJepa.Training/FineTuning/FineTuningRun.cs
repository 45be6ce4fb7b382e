using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>What a <see cref="FineTuner"/> trains, where it stands, and the loop.</summary>
internal sealed class FineTuningRun : IDisposable
{
    private readonly FineTuningOptions _options;
    private readonly ILogger _logger;
    private readonly Func<bool> _isDisposed;
    private readonly int[] _trainIndices;
    private readonly IImageSource? _validation;
    private readonly TuningMeter _meter;
    private readonly TuningStep _stepper;
    private readonly Queue<long[]> _unread = [];
    private readonly List<FineTuningEpoch> _history = [];
    private readonly Stopwatch _watch = new();
    private TuningSums _epochSums = TuningSums.None;
    private TuningSums _reportSums = TuningSums.None;
    private TimeSpan _lastReport;
    private readonly BestWeights _best;

    /// <summary>A run that has not begun.</summary>
    public FineTuningRun(ViTEncoder encoder, IImageSource source, int[] train, int[] validation, FineTuningOptions options, ILogger logger, Func<bool> isDisposed)
    {
        (Source, _trainIndices, _options, _logger, _isDisposed) = (source, train, options, logger, isDisposed);
        _validation = validation.Length == 0 ? null : source.Subset(validation);
        Loader = new ImageLoader(source.Subset(train), options.Augmentation(encoder.Configuration.ImageSize), options.Loading(), logger);
        try
        {
            Network = new TuningNetwork(encoder, source.ClassNames, options.Seed);
            Optimizer = new FlatAdamW(
                Network.Parameters, options.Beta1, options.Beta2, options.Epsilon, fused: null, LayerRates.Ranges(Network.Parameters, encoder.Configuration.Depth, options.LayerDecay));
            _best = new BestWeights(Network.Parameters);
            _meter = new TuningMeter(encoder.Device);
            _stepper = new TuningStep(Network, Optimizer, _meter, options);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All images that were given, validation images included.</summary>
    public IImageSource Source { get; }

    public ImageLoader Loader { get; }

    public TuningNetwork Network { get; }

    public FlatAdamW Optimizer { get; }

    /// <summary>Steps done that are known to be good.</summary>
    public long Step { get; private set; }

    public long TotalSteps => _options.Epochs * Loader.BatchesPerEpoch;

    /// <summary>Runs on, to the last step or until it is cancelled.</summary>
    public FineTuningResult Execute(IImageSource? test, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        RequireWhole();
        _logger.FineTuningStarted(Step, TotalSteps, _options.BatchSize, Network.Encoder.Device, _trainIndices.Length, _validation?.Count ?? 0, _options.Seed);
        _watch.Start();
        _lastReport = _watch.Elapsed;
        try
        {
            Train(progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // In a validation, which the next call makes up for.
        }
        finally
        {
            _watch.Stop();
        }

        return Finish(test, cancellationToken);
    }

    /// <summary>A copy of the weights as they stand.</summary>
    public FineTunedClassifier CopyCurrent()
    {
        RequireWhole();
        return Explained(() =>
        {
            LinearClassifier head = Network.CopyHead();
            return new FineTunedClassifier(Network.CopyEncoder(), head, _options.Extraction());
        });
    }

    public void Dispose()
    {
        Loader.Dispose();
        Optimizer?.Dispose();
        _meter?.Dispose();
        _best?.Dispose();
        Network?.Dispose();
    }

    private void Train(IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        // A validation that was cancelled.
        EndEpoch(progress, cancellationToken);

        // Cancelling is ours to notice, between two steps: the loader would throw.
        foreach (ImageBatch batch in Loader.Steps(Step, TotalSteps - Step, CancellationToken.None))
        {
            using (batch)
            {
                ObjectDisposedException.ThrowIf(_isDisposed(), typeof(FineTuner));
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }

                TakeStep(batch);
            }

            long taken = Step + _unread.Count;
            bool endsEpoch = taken % Loader.BatchesPerEpoch == 0, isDue = endsEpoch || taken % _options.LogEvery == 0;
            if (isDue || Network.Encoder.Device.type == DeviceType.CPU)
            {
                ReadMeter();
            }

            if (isDue && !endsEpoch)
            {
                progress?.Report(Report());
            }

            EndEpoch(progress, cancellationToken);
        }

        ReadMeter();
    }

    private void TakeStep(ImageBatch batch)
    {
        try
        {
            _stepper.Run(batch, LearningRate(Step + _unread.Count));
            _unread.Enqueue(Array.ConvertAll(batch.Indices, index => (long)_trainIndices[index]));
        }
        catch (Exception exception)
        {
            // What a broken step has added to the gradients must not reach the next one.
            try
            {
                Network.Parameters.ZeroGradients();
            }
            catch (ExternalException)
            {
                // A GPU that has failed answers nothing more; the first error is the one to tell.
            }

            if (exception is ExternalException native)
            {
                throw Explain(native);
            }

            throw;
        }
    }

    /// <summary>Learns of the steps since the last time, and ends the run at one that was not finite.</summary>
    private void ReadMeter()
    {
        if (_unread.Count == 0)
        {
            return;
        }

        TuningSums read = Explained(_meter.Read);
        long[] samples = [];
        for (long i = 0; i <= read.Steps && _unread.TryDequeue(out long[]? next); i++)
        {
            samples = next;
        }

        _unread.Clear();
        Step += read.Steps;
        _epochSums = _epochSums.Plus(read);
        _reportSums = _reportSums.Plus(read);
        if (read.BadTerms.Count > 0)
        {
            throw FineTuningFailure.NonFinite(read.BadTerms, Step, TotalSteps, LearningRate(Step), samples, _options);
        }
    }

    /// <summary>Validates an epoch that has ended and not been validated yet, keeps its weights if they are the best, and reports.</summary>
    private void EndEpoch(IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        int ended = (int)(Step / Loader.BatchesPerEpoch);
        if (_unread.Count > 0 || ended == _history.Count)
        {
            return;
        }

        ClassificationResult? validation = _validation is null
            ? null
            : Explained(() => FineTunedClassifier.Evaluate(Network.Encoder, Network.CopyHead(), _options.Extraction(), _validation, cancellationToken));
        var epoch = new FineTuningEpoch(
            ended, _epochSums.Loss / _epochSums.Steps, (double)_epochSums.Hits / (_epochSums.Steps * _options.BatchSize), validation?.Accuracy, LearningRate(Step - 1));
        if (validation is not null)
        {
            Explained(() =>
            {
                _best.Offer(validation, ended);
                return true;
            });
        }

        _history.Add(epoch);
        _epochSums = TuningSums.None;
        _logger.FineTuningEpochEnded(ended, _options.Epochs, epoch.TrainingLoss, epoch.TrainingAccuracy, epoch.ValidationAccuracy);
        progress?.Report(Report() with { CompletedEpoch = epoch });
        ObjectDisposedException.ThrowIf(_isDisposed(), typeof(FineTuner));
    }

    private FineTuningResult Finish(IImageSource? test, CancellationToken cancellationToken)
    {
        FineTunedClassifier classifier = Explained(() => _best.Use(CopyCurrent));
        try
        {
            ClassificationResult? onTest = null;
            bool isComplete = Step == TotalSteps && _history.Count == _options.Epochs;
            if (test is not null && isComplete && !cancellationToken.IsCancellationRequested)
            {
                try
                {
                    onTest = Explained(() => classifier.Evaluate(test, cancellationToken));
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    // The weights are there; only their measure is not.
                }
            }

            int epoch = _validation is null ? _history.Count : _best.Epoch;
            _logger.FineTuningEnded(Step, TotalSteps, epoch, _watch.Elapsed);
            BadImage[] bad = [.. Loader.BadImages.Select(image => image with { Index = _trainIndices[image.Index] })];
            return new FineTuningResult(classifier, [.. _history], epoch, isComplete, _best.Validation, onTest, bad, _watch.Elapsed);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private FineTuningProgress Report()
    {
        TimeSpan now = _watch.Elapsed;
        double seconds = Math.Max((now - _lastReport).TotalSeconds, 1e-9);
        long images = _reportSums.Steps * _options.BatchSize;
        var report = new FineTuningProgress(
            Step,
            TotalSteps,
            (int)(((Step - 1) / Loader.BatchesPerEpoch) + 1),
            _options.Epochs,
            _reportSums.Loss / _reportSums.Steps,
            (double)_reportSums.Hits / images,
            LearningRate(Step - 1),
            images / seconds,
            now);
        (_reportSums, _lastReport) = (TuningSums.None, now);
        return report;
    }

    private double LearningRate(long step) => _options.LearningRateAt(step, Loader.BatchesPerEpoch);

    private void RequireWhole()
    {
        if (_stepper.IsUpdating)
        {
            throw new TrainingException("The last run of this tuner failed in the middle of an update: its weights are not those of any step. Begin again with a new FineTuner.");
        }
    }

    private T Explained<T>(Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (ExternalException native)
        {
            throw Explain(native);
        }
    }

    private TrainingException Explain(ExternalException native) => FineTuningFailure.Explain(native, Step, TotalSteps, _options, Network.Encoder.Device);
}
