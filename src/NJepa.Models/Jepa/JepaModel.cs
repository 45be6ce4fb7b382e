using System.Runtime.InteropServices;
using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// An N-JEPA model: student, teacher, clean predictor and (unless it is plain I-JEPA) noisy predictor, with their losses. Build it with <see cref="JepaBuilder"/>.
/// </summary>
/// <remarks>
/// Shapes: B images, L patches in the grid, K visible patches, M target blocks, T patches per block, D encoder width, P predictor width.
/// One training step is <see cref="SampleInputs"/>, <see cref="Forward"/>, <see cref="ComputeLosses"/>, <see cref="Backward"/>, an optimizer step on <see cref="Parameters"/> and
/// <see cref="UpdateTeacher(double)"/>, all in one dispose scope. Not thread-safe while training.
/// </remarks>
public sealed class JepaModel : IDisposable
{
    private readonly Tensor _studentValues;
    private readonly PositionNoiseSampler? _noiseSampler;
    private readonly WorkingWeights _trained;
    private readonly WorkingWeights _averaged;
    private bool _disposed;

    internal JepaModel(JepaConfiguration configuration, Device device)
    {
        Configuration = configuration;
        Device = device;
        try
        {
            ParameterLayout layout = ParameterLayout.For(configuration);
            Parameters = new ParameterBuffer(layout.Trained, device, trainable: true);
            ParameterInitializer.Initialize(Parameters, layout.Trained, configuration.Seed);
            TeacherParameters = new ParameterBuffer(layout.Teacher, device, trainable: false);
            _trained = new WorkingWeights(Parameters, layout.Trained, device, configuration.Precision);
            _averaged = new WorkingWeights(TeacherParameters, layout.Teacher, device, configuration.Precision);
            _studentValues = Parameters.Values.narrow(0, layout.EncoderOffset, TeacherParameters.Count).DetachFromDisposeScope();
            ResetTeacher();

            Student = new ViTEncoder(configuration.Encoder, Parameters, ParameterLayout.Student, device, _trained.Used);
            Teacher = new ViTEncoder(configuration.Encoder, TeacherParameters, ParameterLayout.TargetEncoder, device, _averaged.Used);
            PatchGrid grid = configuration.Encoder.Grid;
            CleanPredictor = new Predictor(configuration.Predictor, grid, _trained.Used, ParameterLayout.Clean, ParameterLayout.Clean, device);
            MaskSampler = configuration.Recipe.Masking.CreateSampler(grid);
            if (configuration.Recipe.Noise is { } noise)
            {
                NoisyPredictor = new Predictor(
                    configuration.Predictor, grid, _trained.Used, layout.NoisyPredictorPrefix, layout.NoisyMaskTokenPrefix, device);
                _noiseSampler = new PositionNoiseSampler(noise, configuration.Recipe.Granularity, configuration.Predictor.Width);
            }
        }
        catch
        {
            // Most often memory has run out: what was taken so far must not stay taken.
            Dispose();
            throw;
        }
    }

    /// <summary>Everything that defines the model.</summary>
    public JepaConfiguration Configuration { get; }

    /// <summary>The device that the model is on.</summary>
    public Device Device { get; }

    /// <summary>The encoder that is trained; N-JEPA evaluates it.</summary>
    public ViTEncoder Student { get; }

    /// <summary>The moving average of the student that gives the targets; I-JEPA evaluates it.</summary>
    public ViTEncoder Teacher { get; }

    /// <summary>Student and predictors: all that is trained, in one flat buffer.</summary>
    public ParameterBuffer Parameters { get; }

    /// <summary>The teacher's parameters, in the order of the student's.</summary>
    public ParameterBuffer TeacherParameters { get; }

    /// <summary>Draws the masks.</summary>
    public IMaskSampler MaskSampler { get; }

    /// <summary>Whether there is a noisy predictor; without one the model is plain I-JEPA.</summary>
    public bool HasNoisyPredictor => NoisyPredictor is not null;

    /// <summary>Told when the teacher, the student and the predictors have been computed; for measurements.</summary>
    internal Action<string>? PhaseEnded { get; set; }

    /// <summary>For tests of what becomes of numbers that go wrong: gives each term of the loss another value before it is summed and differentiated.</summary>
    internal Func<JepaTerm, Tensor, Tensor>? LossFault { get; set; }

    internal Predictor CleanPredictor { get; }

    internal Predictor? NoisyPredictor { get; }

    /// <summary>Draws masks and noise of a step: a pure function of seed, step and sample indices.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="sampleIndices">B global sample indices.</param>
    /// <returns>Index and noise tensors on <see cref="Device"/>; the caller's dispose scope frees them.</returns>
    /// <exception cref="ArgumentException">There is no image.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public JepaInputs SampleInputs(ulong seed, long step, ReadOnlySpan<long> sampleIndices)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        MaskBatch masks = MaskSampler.Sample(seed, step, sampleIndices);
        PositionNoiseBatch? noise = _noiseSampler?.Sample(seed, step, sampleIndices, masks.Targets, masks.TargetBlocks);
        return JepaInputs.Create(masks, noise, Configuration.Recipe.ContextNoise ? ContextNoise(seed, step, sampleIndices, masks) : null, Device);
    }

    // Read from the maps of the target blocks: where they are one per image, once for all blocks.
    private PositionNoiseBatch ContextNoise(ulong seed, long step, ReadOnlySpan<long> sampleIndices, MaskBatch masks)
    {
        int maps = Configuration.Recipe.Granularity == NoiseGranularity.MultiLevel ? masks.TargetBlocks : 1;
        int[] patchesBMK = [.. masks.Context.Chunk(masks.ContextLength).SelectMany(visible => Enumerable.Repeat(visible, maps)).SelectMany(visible => visible)];
        return _noiseSampler!.Sample(seed, step, sampleIndices, patchesBMK, maps);
    }

    /// <summary>Steps 2 to 5 of the method: the teacher's targets, the student's context and both predictions.</summary>
    /// <param name="imagesBCHW">Normalised images <c>[B,C,H,W]</c> float32 on <see cref="Device"/>.</param>
    /// <param name="inputs">Masks and noise of the same B images.</param>
    /// <exception cref="ArgumentException">The images' shape, type or device does not fit, or the inputs are of another batch size, grid, predictor width or device.</exception>
    public JepaOutputs Forward(Tensor imagesBCHW, JepaInputs inputs)
    {
        CheckInputs(imagesBCHW, inputs);

        return ForwardPass.Run(this, imagesBCHW, inputs, PhaseEnded);
    }

    /// <summary>The student's features of the visible patches alone, <c>[B,K,D]</c>.</summary>
    internal Tensor EncodeContext(Tensor imagesBCHW, JepaInputs inputs)
    {
        CheckInputs(imagesBCHW, inputs);
        return ForwardPass.Context(this, imagesBCHW, inputs);
    }

    /// <summary>Step 6 of the method: the loss terms and their weighted sum.</summary>
    /// <param name="outputs">What <see cref="Forward"/> returned.</param>
    /// <exception cref="ArgumentException">The outputs are disposed, of different shapes or of another model; or variance or covariance terms are on and the batch has a single image.</exception>
    public JepaLosses ComputeLosses(JepaOutputs outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        if (outputs.Problem(HasNoisyPredictor) is { } problem)
        {
            throw new ArgumentException(problem, nameof(outputs));
        }

        if (Configuration.Recipe.VarianceCovariance.IsActive && outputs.ContextBKD.size(0) < 2)
        {
            throw new ArgumentException("The variance and covariance terms need a batch of at least 2 images; it has 1. Use larger batches or VarianceCovarianceWeights.None.", nameof(outputs));
        }

        return JepaObjective.Compute(Configuration.Recipe, outputs, LossFault);
    }

    /// <summary>
    /// Steps 2 to 6 of the method and the gradients of the total loss, in parts of a batch that are small enough for the memory: the gradients of <see cref="Parameters"/> grow by those of the
    /// whole batch, to the rounding of float32, whatever the size of the parts.
    /// </summary>
    /// <param name="images">
    /// Gives the normalised images from the first number on, as many as the second says: <c>[count,C,H,W]</c> float32 on <see cref="Device"/>. Asked once or twice for each part.
    /// </param>
    /// <param name="inputs">Masks and noise of the whole batch.</param>
    /// <param name="microBatchSize">Images per part, at least 1.</param>
    /// <returns>The losses of the whole batch; from more than one part they have no gradient of their own.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="microBatchSize"/> is below 1.</exception>
    /// <exception cref="ArgumentException">Images or inputs do not fit, or the variance and covariance terms are on and the whole batch is a single image.</exception>
    /// <exception cref="InvalidOperationException">Gradients are switched off where this is called.</exception>
    /// <remarks>If it fails, all gradients of <see cref="Parameters"/> are cleared, those of earlier calls as well.</remarks>
    public JepaLosses ComputeGradients(Func<long, long, Tensor> images, JepaInputs inputs, int microBatchSize = int.MaxValue)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(inputs);
        if (microBatchSize < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(microBatchSize), microBatchSize, $"The micro-batch size is {microBatchSize}; it must be at least 1 image.");
        }

        if (!is_grad_enabled())
        {
            throw new InvalidOperationException("Gradients are switched off here; call ComputeGradients outside of no_grad and inference_mode, or Forward and ComputeLosses for the losses alone.");
        }

        try
        {
            return GradientAccumulation.Run(this, images, inputs, microBatchSize);
        }
        catch
        {
            Parameters.ZeroGradients();
            throw;
        }
    }

    /// <summary>
    /// Differentiates a loss of this model's outputs and adds the gradients to those of <see cref="Parameters"/>, in float32. In <see cref="Precision.Float32"/> with kept activations
    /// <c>loss.backward()</c> does the same.
    /// </summary>
    /// <param name="outputs">What <see cref="Forward"/> returned.</param>
    /// <param name="loss">A scalar computed from them, such as <see cref="JepaLosses.Total"/>.</param>
    /// <exception cref="ArgumentException">The outputs are not of this model's <see cref="Forward"/>, or the loss is not a scalar, has been disposed, or was computed without gradients.</exception>
    /// <exception cref="InvalidOperationException">Gradients are switched off, or the loss has been differentiated before.</exception>
    /// <remarks>If it fails, all gradients of <see cref="Parameters"/> are cleared: half of a gradient must not train anything.</remarks>
    public void Backward(JepaOutputs outputs, Tensor loss)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(loss);
        if (loss.IsInvalid || loss.numel() != 1 || !loss.requires_grad)
        {
            string problem = loss.IsInvalid ? "has been disposed" : loss.numel() != 1 ? $"has {loss.numel()} elements" : "does not depend on the parameters (it was computed without gradients)";
            throw new ArgumentException($"The loss {problem}; give a scalar such as JepaLosses.Total, computed in the same dispose scope and outside of no_grad.", nameof(loss));
        }

        if (!ReferenceEquals(outputs.Model, this) || (Configuration.RecomputeActivations && outputs.Tapes.Count == 0))
        {
            throw new ArgumentException("These outputs are not what Forward of this model returned with gradients on; give Backward that very record, or the gradients would be lost.", nameof(outputs));
        }

        if (!is_grad_enabled())
        {
            throw new InvalidOperationException("Gradients are switched off here (no_grad or inference_mode); call Backward outside of that.");
        }

        try
        {
            _trained.BeginGradients();
            ModelDevice.Use(Device, Configuration.Precision);
            loss.backward();
            foreach (ActivationTape tape in outputs.Tapes)
            {
                tape.Backward();
            }
        }
        catch (ExternalException exception) when (exception.Message.Contains("backward through the graph a second time", StringComparison.Ordinal))
        {
            Parameters.ZeroGradients();
            throw new InvalidOperationException("What this loss was computed from has been differentiated already; add losses up and call Backward once, or run Forward again.", exception);
        }
        catch
        {
            // Most often memory has run out. The half of a gradient must not reach the next step's.
            Parameters.ZeroGradients();
            throw;
        }

        _trained.CollectGradients();
    }

    /// <summary>
    /// Brings the weights that the networks read up to date with <see cref="Parameters"/> and <see cref="TeacherParameters"/>. Call it after changing these directly in
    /// <see cref="Precision.BFloat16"/>, whose networks read a copy; <see cref="UpdateTeacher(double)"/>, <see cref="ResetTeacher"/> and <see cref="LoadWeights"/> do it themselves.
    /// </summary>
    public void RefreshWeights()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _trained.Refresh();
        _averaged.Refresh();
    }

    /// <summary>Step 7 of the method: <c>teacher = momentum * teacher + (1 - momentum) * student</c>, one native call over the flat buffers.</summary>
    /// <param name="momentum">Share of the old teacher that stays, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="momentum"/> is outside 0..1 or not a number.</exception>
    public void UpdateTeacher(double momentum) => UpdateTeacher(momentum, null);

    /// <summary>The same, unless the device says that the step does not count.</summary>
    /// <param name="momentum">Share of the old teacher that stays, from 0 to 1.</param>
    /// <param name="blocked">A float32 scalar on <see cref="Device"/>: 1 leaves the teacher as it is, 0 updates it; nobody waits for it. Null updates.</param>
    internal void UpdateTeacher(double momentum, Tensor? blocked)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!(momentum >= 0 && momentum <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "The EMA momentum must be from 0 (the teacher becomes the student) to 1 (the teacher stays as it is).");
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        // Filled there: sending a number to a GPU would wait for it.
        Tensor weight = empty([], ScalarType.Float32, Device);
        weight.FillWith(1.0 - momentum);
        if (blocked is not null)
        {
            weight.mul_(blocked.logical_not());
        }

        TeacherParameters.Values.lerp_(_studentValues, weight);
        RefreshWeights();
    }

    /// <summary>Makes the teacher an exact copy of the student, as at the start of training.</summary>
    public void ResetTeacher()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        TeacherParameters.Values.copy_(_studentValues);
        RefreshWeights();
    }

    /// <summary>
    /// Saves all weights as safetensors with PyTorch-style names: <c>encoder.*</c>, <c>predictor.*</c>, <c>noisy_predictor.*</c> and <c>target_encoder.*</c>, position tables included.
    /// The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveWeights(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        JepaWeights.Save(this, path);
    }

    /// <summary>Copies all weights to the host's memory, to be written while training goes on.</summary>
    /// <returns>The copy; the caller disposes it.</returns>
    /// <exception cref="InsufficientMemoryException">There is no memory for it.</exception>
    public WeightsSnapshot TakeSnapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new WeightsSnapshot(this);
    }

    /// <summary>Loads weights that <see cref="SaveWeights"/> wrote. Either everything fits and is loaded, or nothing is changed.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged, or names, shapes, types or numbers of heads do not fit; the message lists every difference.</exception>
    public void LoadWeights(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        JepaWeights.Load(this, path);
        RefreshWeights();
    }

    /// <summary>
    /// Parameters, operations and tokens, for people. One multiplication and one addition are two operations; a training step counts the backward pass twice the forward pass.
    /// </summary>
    public override string ToString() => ModelSummary.Describe(Configuration);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        // Null where the constructor failed.
        _disposed = true;
        Student?.Dispose();
        Teacher?.Dispose();
        CleanPredictor?.Dispose();
        NoisyPredictor?.Dispose();
        _studentValues?.Dispose();
        _trained?.Dispose();
        _averaged?.Dispose();
        Parameters?.Dispose();
        TeacherParameters?.Dispose();
    }

    private void CheckInputs(Tensor imagesBCHW, JepaInputs inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(inputs);
        Student.CheckImages(imagesBCHW);
        if (inputs.ProblemFor(Configuration, imagesBCHW.size(0), Device) is { } problem)
        {
            throw new ArgumentException(problem, nameof(inputs));
        }
    }
}
