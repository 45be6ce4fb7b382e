using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Models;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// Pretrains a <see cref="JepaModel"/> on images: loader, masks, noise, losses, AdamW and EMA. The run is a pure function of the images, the options and the model's seed; the number of loader
/// threads does not change it.
/// </summary>
/// <remarks>
/// The trainer does not own the model and the images; dispose it before them. One run at a time, on a thread of its own. <see cref="Dispose"/> may be called from any thread,
/// also during a run; everything else is not thread-safe.
/// </remarks>
public sealed class JepaTrainer : IDisposable
{
    private readonly JepaModel _model;
    private readonly PretrainingOptions _options;
    private readonly ILogger _logger;
    private readonly ImageLoader _loader;
    private readonly TrainingSchedule _schedule;
    private readonly FlatAdamW _optimizer;
    private readonly NonFiniteWatch _watch;
    private readonly TrainingStep _trainingStep;
    private readonly Lock _gate = new();
    private Task _run = Task.CompletedTask;
    private volatile int _runThread;
    private volatile bool _disposed;
    private long _step;

    /// <summary>A trainer that reports to its progress only, with everything checked.</summary>
    /// <param name="model">The model, on its device.</param>
    /// <param name="images">The images; labels are not used.</param>
    /// <param name="options">The settings; changing them later has no effect.</param>
    /// <exception cref="OptionsValidationException">Settings are out of range; lists every error.</exception>
    /// <exception cref="TrainingException">There are fewer images than a batch needs, or the model does not take RGB images.</exception>
    public JepaTrainer(JepaModel model, IImageSource images, PretrainingOptions options)
        : this(model, images, options, null)
    {
    }

    /// <summary>A trainer, with everything checked.</summary>
    /// <param name="model">The model, on its device.</param>
    /// <param name="images">The images; labels are not used.</param>
    /// <param name="options">The settings; changing them later has no effect.</param>
    /// <param name="logger">Where the run reports; null for nowhere.</param>
    /// <exception cref="OptionsValidationException">Settings are out of range; lists every error.</exception>
    /// <exception cref="TrainingException">There are fewer images than a batch needs, or the model does not take RGB images.</exception>
    public JepaTrainer(JepaModel model, IImageSource images, PretrainingOptions options, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        _model = model;
        _options = options with { };
        _logger = logger ?? NullLogger.Instance;
        IReadOnlyList<string> errors = _options.Validate();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(PretrainingOptions), typeof(PretrainingOptions), errors);
        }

        CheckFit(images.Count);
        _loader = new ImageLoader(images, _options.Augmentation(model.Configuration.Encoder.ImageSize), _options.Loading(), _logger);
        _schedule = new TrainingSchedule(_options, _loader.BatchesPerEpoch);
        _optimizer = new FlatAdamW(model.Parameters, _options.Beta1, _options.Beta2, _options.Epsilon);
        _watch = new NonFiniteWatch(model, _options, _schedule, _logger);
        _trainingStep = new TrainingStep(model, _optimizer, _options, _watch.Guard);
    }

    /// <summary>A trainer with options from configuration.</summary>
    /// <param name="model">The model, on its device.</param>
    /// <param name="images">The images; labels are not used.</param>
    /// <param name="options">The bound settings.</param>
    /// <param name="logger">Where the run reports.</param>
    /// <exception cref="OptionsValidationException">Settings are out of range; lists every error.</exception>
    /// <exception cref="TrainingException">There are fewer images than a batch needs, or the model does not take RGB images.</exception>
    public JepaTrainer(JepaModel model, IImageSource images, IOptions<PretrainingOptions> options, ILogger<JepaTrainer> logger)
        : this(model, images, options?.Value ?? throw new ArgumentNullException(nameof(options)), (ILogger)logger)
    {
    }

    /// <summary>Steps of the whole run.</summary>
    public long TotalSteps => _schedule.TotalSteps;

    /// <summary>Steps done so far.</summary>
    public long CompletedSteps => _step;

    internal FlatAdamW Optimizer => _optimizer;

    internal TrainingStep TrainingStep => _trainingStep;

    internal NonFiniteWatch Watch => _watch;

    /// <summary>
    /// Runs to the last step, or until cancelled; a cancelled run goes on where it stopped when this is called again. Saves the result where
    /// <see cref="PretrainingOptions.OutputDirectory"/> says.
    /// </summary>
    /// <param name="progress">Told of every report; null for nobody.</param>
    /// <param name="cancellationToken">Ends the run after the current step. The result says so; nothing is thrown.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient became infinite or not a number, and <see cref="PretrainingOptions.OnNonFinite"/> does not let the run go on.</exception>
    /// <exception cref="TrainingException">
    /// The native runtime failed (most often for want of memory), <see cref="PretrainingOptions.OutputDirectory"/> cannot be written to (found out before the
    /// first step), or a run is already going on.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The trainer is disposed, or was disposed during the run.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="PretrainingOptions.MaxBadImageShare"/> allows could not be read.</exception>
    /// <exception cref="ImageSourceException">The images failed, or <see cref="PretrainingOptions.ImageCache"/> cannot be written.</exception>
    public Task<TrainingResult> RunAsync(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_run.IsCompleted)
            {
                throw new TrainingException("A run of this trainer is already going on; await it, or create another trainer with another model.");
            }

            // Dispose scopes belong to a thread and nothing may be awaited inside one: the loop gets a thread of its own.
            Task<TrainingResult> run = Task.Factory.StartNew(() => Run(progress, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _run = run;
            return run;
        }
    }

    /// <summary>Frees the optimizer's state. A run that is still going on ends after its current step with an <see cref="ObjectDisposedException"/> and saves nothing; this call waits for that step.</summary>
    public void Dispose()
    {
        Task run;
        lock (_gate)
        {
            _disposed = true;
            run = _run;
        }

        _loader.Dispose();

        // Native code may be reading what is freed here. A progress callback cannot wait for its own run, which then does the freeing.
        if (Environment.CurrentManagedThreadId != _runThread)
        {
            Task.WaitAny(run);
            _optimizer.Dispose();
            _watch.Dispose();
        }
    }

    private TrainingResult Run(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        _runThread = Environment.CurrentManagedThreadId;
        try
        {
            return Train(progress, cancellationToken);
        }
        catch (ObjectDisposedException exception) when (_disposed)
        {
            throw new ObjectDisposedException(
                Invariant($"The trainer was disposed during its run, after step {_step} of {TotalSteps}; nothing was saved. Await RunAsync before disposing, or cancel it to keep the result."), exception);
        }
        finally
        {
            _runThread = 0;
            if (_disposed)
            {
                _optimizer.Dispose();
                _watch.Dispose();
            }
        }
    }

    private TrainingResult Train(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        long firstStep = _step, skippedBefore = _watch.Skipped;
        var history = new List<TrainingProgress>();
        if (_options.OutputDirectory is { } output)
        {
            ResultFolder.Prepare(output);
        }

        _logger.Started(firstStep, TotalSteps, _options.BatchSize, _model.Device, _loader.Source.Count, _options.Seed, _model);
        if (_model.Configuration.Precision == Precision.BFloat16 && !NJepaRuntime.HasFastBFloat16(_model.Device))
        {
            _logger.SlowBFloat16(_model.Device);
        }

        long lastStep = PrepareImages(cancellationToken) ? TotalSteps : firstStep;
        using var meter = new ProgressMeter(_model, _options, _schedule, _loader, firstStep);
        var collapse = new CollapseWatch(_model, _loader.Source, _options, _loader.BatchesPerEpoch, firstStep, _logger);
        var loading = new LoaderWatch(_logger, _options.LoaderThreads);
        void Report()
        {
            RequireFinite(inAnyCase: true);
            TrainingProgress report = meter.Report(_step) with { Collapse = collapse.Check(_step) };
            NJepaRuntime.ReleaseFreeMemory();
            history.Add(report);
            LossValues losses = report.Losses;
            _logger.Progress(report.Step, report.TotalSteps, report.Epoch, losses.Total, losses.CleanTeacher, losses.NoisyTeacher, losses.NoisyClean, report.ImagesPerSecond, report.LoaderWaitShare);
            loading.Check(report);
            progress?.Report(report);
            ObjectDisposedException.ThrowIf(_disposed, this);
        }

        // Cancelling is ours to notice, between two steps: the loader would throw.
        foreach (ImageBatch batch in _loader.Steps(firstStep, lastStep - firstStep, CancellationToken.None))
        {
            using (batch)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }

                TrainStep(batch, meter);
            }

            RequireFinite(inAnyCase: false);

            if (_step % _options.LogEvery == 0)
            {
                Report();
            }
        }

        if (meter.HasUnreported)
        {
            Report();
        }

        IReadOnlyList<string> files = _options.OutputDirectory is { } directory ? ResultFolder.Save(directory, _model, _logger) : [];
        _logger.Ended(_step, TotalSteps, meter.Elapsed);
        long steps = _step - firstStep;
        return new TrainingResult(steps, steps * _options.BatchSize, meter.Elapsed, _step == TotalSteps, history, _loader.BadImages, files) { SkippedSteps = _watch.Skipped - skippedBefore };
    }

    /// <summary>Packs the images if <see cref="PretrainingOptions.ImageCache"/> asks for it. Cancelling that is no error either: no step is taken.</summary>
    private bool PrepareImages(CancellationToken cancellationToken)
    {
        try
        {
            _loader.Prepare(progress: null, cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void TrainStep(ImageBatch batch, ProgressMeter meter)
    {
        try
        {
            Step(batch, meter);
        }
        catch (Exception exception)
        {
            // What a broken step has added to the gradients must not reach the next one.
            try
            {
                _model.Parameters.ZeroGradients();
            }
            catch (ExternalException)
            {
                // A GPU that has failed answers nothing more; the first error is the one to tell.
            }

            if (exception is ExternalException native)
            {
                throw StepFailure.Explain(native, _step + 1, TotalSteps, _options, _model);
            }

            throw;
        }
    }

    // Everything native that a step makes ends with its scope.
    private void Step(ImageBatch batch, ProgressMeter meter)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] samples = Array.ConvertAll(batch.Indices, index => (long)index);
        meter.Add(_trainingStep.Run(_trainingStep.Upload(batch), samples, _step, _schedule.At(_step)), _watch.Guard.Blocked);
        _watch.Add(_step, samples);
        _step++;
    }

    /// <summary>Ends the run at a step that was not finite; in any case before a report, otherwise where the answer costs nothing.</summary>
    private void RequireFinite(bool inAnyCase)
    {
        if (_watch.Check(inAnyCase) is { } bad)
        {
            _step = bad.CompletedSteps ?? _step;
            throw bad.ToException();
        }
    }

    private void CheckFit(int imageCount)
    {
        if (imageCount < _options.BatchSize)
        {
            throw new TrainingException(Invariant(
                $"There are {imageCount} images, fewer than PretrainingOptions.BatchSize = {_options.BatchSize}; an epoch would have no step. Set BatchSize to {Math.Max(1, imageCount)} or less, or add images."));
        }

        ViT encoder = _model.Configuration.Encoder;
        if (encoder.Channels != 3)
        {
            throw new TrainingException($"The model takes images of {encoder.Channels} channels, but images are read as RGB; build it with ViT.Channels = 3.");
        }

        if (_options.BatchSize < 2 && _model.Configuration.Recipe.VarianceCovariance.IsActive)
        {
            throw new TrainingException("PretrainingOptions.BatchSize is 1, but the variance and covariance terms need at least 2 images; raise it or use VarianceCovarianceWeights.None.");
        }
    }
}
