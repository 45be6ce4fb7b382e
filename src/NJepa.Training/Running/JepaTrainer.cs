using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Models;
using static System.FormattableString;

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
    private readonly TrainerParts _parts;
    private readonly Lock _gate = new();
    private Task _run = Task.CompletedTask;
    private volatile int _runThread;
    private volatile bool _disposed;

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
        PretrainingOptions checkedOptions = options with { Checkpoints = options.Checkpoints is null ? null! : options.Checkpoints with { } };
        IReadOnlyList<string> errors = checkedOptions.Validate();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(PretrainingOptions), typeof(PretrainingOptions), errors);
        }

        // A host may change its current directory during the run: the parts of a run must not end up in two folders.
        checkedOptions.OutputDirectory = FullPath(checkedOptions.OutputDirectory);
        checkedOptions.ImageCache = FullPath(checkedOptions.ImageCache);
        CheckFit(model, checkedOptions, images.Count);
        _parts = new TrainerParts(model, images, checkedOptions, logger ?? NullLogger.Instance);
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
    public long TotalSteps => _parts.TotalSteps;

    /// <summary>Steps done so far.</summary>
    public long CompletedSteps => _parts.Step;

    /// <summary>
    /// Labelled images on which runs judge the encoder now and then; null for none. It changes nothing of a run but its length. Readings are in <see cref="TrainingProgress.Probe"/>,
    /// <see cref="TrainingResult.ProbeReadings"/>, <see cref="TrainingMetrics"/> and the <see cref="ProbeLog"/> in the output folder. Counts from the next run on.
    /// </summary>
    /// <value>Default: null.</value>
    public OnlineProbe? Probe { get; set; }

    internal TrainerParts Parts => _parts;

    /// <summary>
    /// Runs to the last step, or until cancelled; a cancelled run goes on where it stopped when this is called again. Saves the result where
    /// <see cref="PretrainingOptions.OutputDirectory"/> says, and checkpoints on the way. A run that another process began there is not touched: <see cref="ResumeAsync"/> goes on with it.
    /// </summary>
    /// <param name="progress">Told of every report; null for nobody.</param>
    /// <param name="cancellationToken">Ends the run after the current step. The result says so; nothing is thrown.</param>
    /// <exception cref="NonFiniteException">A loss or a gradient became infinite or not a number, and <see cref="PretrainingOptions.OnNonFinite"/> does not let the run go on.</exception>
    /// <exception cref="TrainingException">
    /// The native runtime failed (most often for want of memory), <see cref="PretrainingOptions.OutputDirectory"/> cannot be written to (found out before the
    /// first step), <see cref="Probe"/> has images that cannot be classified (too), or a run is already going on.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The trainer is disposed, or was disposed during the run.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="PretrainingOptions.MaxBadImageShare"/> allows could not be read.</exception>
    /// <exception cref="ImageSourceException">The images failed, or <see cref="PretrainingOptions.ImageCache"/> cannot be written.</exception>
    public Task<TrainingResult> RunAsync(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) => Start(null, progress, cancellationToken);

    /// <summary>
    /// Goes on from the newest checkpoint in <see cref="PretrainingOptions.OutputDirectory"/> that is whole, in mid-epoch. On a CPU the rest of the run is, bit for bit, the one that would have
    /// been without the interruption. See docs/reliability.md for what may change in between.
    /// </summary>
    /// <param name="options">Which checkpoint, and what may have changed; null for the newest and for nothing.</param>
    /// <param name="progress">Told of every report; null for nobody.</param>
    /// <param name="cancellationToken">Ends the run after the current step. The result says so; nothing is thrown.</param>
    /// <exception cref="CheckpointException">There is no checkpoint, none is whole, or it is of another run; lists every difference. Nothing was changed.</exception>
    /// <exception cref="TrainingException">As <see cref="RunAsync"/>.</exception>
    /// <exception cref="ObjectDisposedException">As <see cref="RunAsync"/>.</exception>
    /// <exception cref="TooManyBadImagesException">As <see cref="RunAsync"/>.</exception>
    /// <exception cref="ImageSourceException">As <see cref="RunAsync"/>.</exception>
    public Task<TrainingResult> ResumeAsync(ResumeOptions? options = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Start((options ?? new ResumeOptions()) with { }, progress, cancellationToken);

    /// <summary>Frees the optimizer's state. A run that is still going on ends after its current step with an <see cref="ObjectDisposedException"/> and saves nothing; this call waits for that step.</summary>
    public void Dispose()
    {
        Task run;
        lock (_gate)
        {
            _disposed = true;
            run = _run;
        }

        _parts.Loader.Dispose();

        // Native code may be reading what is freed here. A progress callback cannot wait for its own run, which then does the freeing.
        if (Environment.CurrentManagedThreadId != _runThread)
        {
            Task.WaitAny(run);
            _parts.Dispose();
        }
    }

    private Task<TrainingResult> Start(ResumeOptions? resume, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_run.IsCompleted)
            {
                throw new TrainingException("A run of this trainer is already going on; await it, or create another trainer with another model.");
            }

            // Dispose scopes belong to a thread and nothing may be awaited inside one: the loop gets a thread of its own.
            Task<TrainingResult> run = Task.Factory.StartNew(() => Run(resume, progress, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _run = run;
            return run;
        }
    }

    private TrainingResult Run(ResumeOptions? resume, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        _runThread = Environment.CurrentManagedThreadId;
        try
        {
            // First of all: what is refused must cost nothing that an earlier run has left.
            ProbeRun? probe = ProbeRun.Prepare(Probe, _parts, cancellationToken);
            using RunFolder? folder = _parts.Options.OutputDirectory is { } directory ? RunFolder.Open(directory) : null;
            if (resume is not null)
            {
                ResumePoint.Restore(_parts, folder, resume);
            }
            else
            {
                folder?.RequireOwn(_parts.Step);
            }

            using var run = new TrainingRun(_parts, folder, probe, progress, () => _disposed);
            return run.Execute(cancellationToken);
        }
        catch (ObjectDisposedException exception) when (_disposed)
        {
            throw new ObjectDisposedException(
                Invariant($"The trainer was disposed during its run, after step {_parts.Step} of {TotalSteps}; nothing was saved since the last checkpoint. Await RunAsync before disposing, or cancel it to keep the result."), exception);
        }
        finally
        {
            _runThread = 0;
            if (_disposed)
            {
                _parts.Dispose();
            }
        }
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static void CheckFit(JepaModel model, PretrainingOptions options, int imageCount)
    {
        if (imageCount < options.BatchSize)
        {
            throw new TrainingException(Invariant(
                $"There are {imageCount} images, fewer than PretrainingOptions.BatchSize = {options.BatchSize}; an epoch would have no step. Set BatchSize to {Math.Max(1, imageCount)} or less, or add images."));
        }

        ViT encoder = model.Configuration.Encoder;
        if (encoder.Channels != 3)
        {
            throw new TrainingException($"The model takes images of {encoder.Channels} channels, but images are read as RGB; build it with ViT.Channels = 3.");
        }

        if (options.BatchSize < 2 && model.Configuration.Recipe.VarianceCovariance.IsActive)
        {
            throw new TrainingException("PretrainingOptions.BatchSize is 1, but the variance and covariance terms need at least 2 images; raise it or use VarianceCovarianceWeights.None.");
        }
    }
}
