using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>
/// Trains a whole encoder, with a linear head on the mean of its patch features, on labelled images: AdamW with layer-wise decay of the learning rate (<see cref="FineTuningOptions.LayerDecay"/>), linear warm-up
/// and cosine, label smoothing, random crops. The run is a pure function of the encoder, the images and the options; the number of loader threads does not change it.
/// </summary>
/// <remarks>
/// <para>The encoder that is given is copied and not changed, and may be disposed once the tuner is made. Training is in float32. There is no drop path, no mixing of images, and no checkpoint on disk: a run that is cancelled
/// goes on where it stopped when <see cref="RunAsync"/> is called again on the same object.</para>
/// <para>One run at a time, on a thread of its own. <see cref="Dispose"/> may be called from any thread, also during a run; everything else is not thread-safe.</para>
/// </remarks>
public sealed class FineTuner : IDisposable
{
    private readonly FineTuningRun _state;
    private readonly Lock _gate = new();
    private Task _run = Task.CompletedTask;
    private volatile int _runThread;
    private volatile bool _disposed;

    /// <summary>A tuner, with everything checked.</summary>
    /// <param name="encoder">The pretrained encoder to begin with; it is copied. N-JEPA uses the student (<c>model.Student</c>), I-JEPA the teacher.</param>
    /// <param name="images">The labelled training images; with a validation split at least two of each class.</param>
    /// <param name="options">The settings; changing them later has no effect. Null for the defaults.</param>
    /// <param name="logger">Where the run reports; null for nowhere.</param>
    /// <exception cref="OptionsValidationException">Settings are out of range; lists every error.</exception>
    /// <exception cref="TrainingException">An image has no class, there is one class, a class has too few images, there are fewer images than a batch needs, the encoder does not take RGB images, or memory ran out.</exception>
    /// <exception cref="InsufficientMemoryException">The parameters cannot be allocated on the device.</exception>
    /// <exception cref="ObjectDisposedException">The encoder is disposed.</exception>
    public FineTuner(ViTEncoder encoder, IImageSource images, FineTuningOptions? options = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(images);
        FineTuningOptions checkedOptions = (options ?? new FineTuningOptions()) with { };
        IReadOnlyList<string> errors = checkedOptions.Validate();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(FineTuningOptions), typeof(FineTuningOptions), errors);
        }

        ObjectDisposedException.ThrowIf(encoder.Parameters.Values.IsInvalid, encoder);
        if (encoder.Configuration.Channels != 3)
        {
            throw new TrainingException($"The encoder takes images of {encoder.Configuration.Channels} channels, but images are read as RGB; fine-tune one with ViT.Channels = 3.");
        }

        LabelledImages.RequireClasses(images, checkedOptions.ValidationFraction > 0 ? 2 : 1);
        (int[] train, int[] validation) = LabelledImages.Split(images, checkedOptions.ValidationFraction, checkedOptions.Seed);
        if (train.Length < checkedOptions.BatchSize)
        {
            throw new TrainingException(Invariant(
                $"There are {train.Length} images to train on ({validation.Length} of {images.Count} are the validation split), fewer than FineTuningOptions.BatchSize = {checkedOptions.BatchSize}; an epoch would have no step. Set BatchSize to {train.Length} or less, or add images."));
        }

        try
        {
            _state = new FineTuningRun(encoder, images, train, validation, checkedOptions, logger ?? NullLogger.Instance, () => _disposed);
        }
        catch (ExternalException native)
        {
            throw new TrainingException(Invariant($"The tuner could not be made on {encoder.Device}: {StepFailure.Cause(native).TrimEnd('.')}. Weights, gradients and AdamW's moments take {16 * encoder.ParameterCount} bytes; choose a smaller encoder or free memory."), native);
        }
    }

    /// <summary>Steps of the whole run.</summary>
    public long TotalSteps => _state.TotalSteps;

    /// <summary>Steps done so far.</summary>
    public long CompletedSteps => _state.Step;

    internal FineTuningRun State => _state;

    /// <summary>Runs to the last step, or until cancelled; a cancelled run goes on where it stopped when this is called again.</summary>
    /// <param name="test">Labelled images of the same classes, on which the chosen weights are measured at the end; null for none. They influence nothing.</param>
    /// <param name="progress">Told of every report, on the run's own thread; null for nobody.</param>
    /// <param name="cancellationToken">Ends the run after the current step. The result says so and has the best weights so far; nothing is thrown.</param>
    /// <returns>The weights of the best epoch and the history. Dispose it to free the encoder.</returns>
    /// <exception cref="NonFiniteException">A loss or a gradient became infinite or not a number. The weights are those before the step; <see cref="CopyClassifier"/> gives them.</exception>
    /// <exception cref="TrainingException">The test set cannot be compared (found out before the first step), the native runtime failed (most often for want of memory), or a run is already going on.</exception>
    /// <exception cref="EvaluationException">No validation or test image can be read, or a feature of one is NaN or infinite.</exception>
    /// <exception cref="TooManyBadImagesException">More images than <see cref="FineTuningOptions.MaxBadImageShare"/> allows could not be read.</exception>
    /// <exception cref="ImageSourceException">The images failed.</exception>
    /// <exception cref="ObjectDisposedException">The tuner is disposed, or was disposed during the run.</exception>
    public Task<FineTuningResult> RunAsync(IImageSource? test = null, IProgress<FineTuningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RequireIdle();
            if (test is not null)
            {
                LabelledImages.RequireSameClasses(_state.Source, test);
            }

            // Dispose scopes belong to a thread and nothing may be awaited inside one: the loop gets a thread of its own.
            Task<FineTuningResult> run = Task.Factory.StartNew(() => Run(test, progress, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _run = run;
            return run;
        }
    }

    /// <summary>A copy of the weights as they stand, whatever epoch was best: after a <see cref="NonFiniteException"/> those before the step that failed.</summary>
    /// <returns>The classifier; dispose it to free the encoder.</returns>
    /// <exception cref="TrainingException">A run is going on, or the last one failed in the middle of an update.</exception>
    /// <exception cref="ObjectDisposedException">The tuner is disposed.</exception>
    public FineTunedClassifier CopyClassifier()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RequireIdle();
            return _state.CopyCurrent();
        }
    }

    /// <summary>Frees weights and optimizer. A run that is still going on ends after its current step with an <see cref="ObjectDisposedException"/>; this call waits for that step.</summary>
    public void Dispose()
    {
        Task run;
        lock (_gate)
        {
            _disposed = true;
            run = _run;
        }

        _state.Loader.Dispose();

        // Native code may be reading what is freed here. A progress callback cannot wait for its own run, which then does the freeing.
        if (Environment.CurrentManagedThreadId != _runThread)
        {
            Task.WaitAny(run);
            _state.Dispose();
        }
    }

    private void RequireIdle()
    {
        if (!_run.IsCompleted)
        {
            throw new TrainingException("A run of this tuner is going on; await it first.");
        }
    }

    private FineTuningResult Run(IImageSource? test, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        _runThread = Environment.CurrentManagedThreadId;
        try
        {
            return _state.Execute(test, progress, cancellationToken);
        }
        catch (ObjectDisposedException exception) when (_disposed)
        {
            throw new ObjectDisposedException(Invariant($"The tuner was disposed during its run, after step {_state.Step} of {TotalSteps}. Await RunAsync before disposing, or cancel it to keep the result."), exception);
        }
        finally
        {
            _runThread = 0;
            if (_disposed)
            {
                _state.Dispose();
            }
        }
    }
}
