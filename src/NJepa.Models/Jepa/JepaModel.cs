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
/// One training step is <see cref="SampleInputs"/>, <see cref="Forward"/>, <see cref="ComputeLosses"/>, backward, an optimizer step on <see cref="Parameters"/> and
/// <see cref="UpdateTeacher"/>, all in one dispose scope. Not thread-safe while training.
/// </remarks>
public sealed class JepaModel : IDisposable
{
    private readonly Tensor _studentValues;
    private readonly PositionNoiseSampler? _noiseSampler;
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
            _studentValues = Parameters.Values.narrow(0, layout.EncoderOffset, TeacherParameters.Count).DetachFromDisposeScope();
            ResetTeacher();

            Student = new ViTEncoder(configuration.Encoder, Parameters, ParameterLayout.Student, device);
            Teacher = new ViTEncoder(configuration.Encoder, TeacherParameters, ParameterLayout.TargetEncoder, device);
            PatchGrid grid = configuration.Encoder.Grid;
            CleanPredictor = new Predictor(configuration.Predictor, grid, Parameters, ParameterLayout.Clean, ParameterLayout.Clean, device);
            MaskSampler = configuration.Recipe.Masking.CreateSampler(grid);
            if (configuration.Recipe.Noise is { } noise)
            {
                NoisyPredictor = new Predictor(
                    configuration.Predictor, grid, Parameters, layout.NoisyPredictorPrefix, layout.NoisyMaskTokenPrefix, device);
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
        return JepaInputs.Create(masks, noise, Device);
    }

    /// <summary>Steps 2 to 5 of the method: the teacher's targets, the student's context and both predictions.</summary>
    /// <param name="imagesBCHW">Normalised images <c>[B,C,H,W]</c> float32 on <see cref="Device"/>.</param>
    /// <param name="inputs">Masks and noise of the same B images.</param>
    /// <exception cref="ArgumentException">The images' shape, type or device does not fit, or the inputs are of another batch size, grid, predictor width or device.</exception>
    public JepaOutputs Forward(Tensor imagesBCHW, JepaInputs inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(inputs);
        Student.CheckImages(imagesBCHW);
        if (inputs.ProblemFor(Configuration, imagesBCHW.size(0), Device) is { } problem)
        {
            throw new ArgumentException(problem, nameof(inputs));
        }

        // A tensor that nobody holds may be collected while native code still reads it: the scope holds all that lies between inputs and outputs, whether the caller has a scope or not.
        using DisposeScope scope = NewDisposeScope();
        Tensor patches = Patches.FromImages(imagesBCHW, Configuration.Encoder.PatchSize);
        Tensor targetsBMTD;
        using (no_grad())
        {
            targetsBMTD = Teacher.EncodeTargets(patches, inputs.Targets);
        }

        Tensor contextBKD = Student.EncodeVisible(patches, inputs.Context);
        Tensor cleanBMTD = CleanPredictor.Forward(contextBKD, inputs, noisy: false);
        Tensor? noisyBMTD = NoisyPredictor?.Forward(contextBKD, inputs, noisy: true);
        GC.KeepAlive(inputs);
        return new JepaOutputs(
            contextBKD.MoveToOuterDisposeScope(), targetsBMTD.MoveToOuterDisposeScope(), cleanBMTD.MoveToOuterDisposeScope(), noisyBMTD?.MoveToOuterDisposeScope());
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

        JepaRecipe recipe = Configuration.Recipe;
        using DisposeScope scope = NewDisposeScope();
        Tensor cleanTeacher = LossFunctions.SmoothL1(outputs.CleanBMTD, outputs.TargetsBMTD);
        Tensor? total = Add(null, cleanTeacher, recipe.LossWeights.CleanTeacher);
        Tensor? noisyTeacher = null, noisyClean = null, variance = null, covariance = null;
        if (outputs.NoisyBMTD is { } noisyBMTD)
        {
            Tensor cleanBMTD = recipe.StopGradient ? outputs.CleanBMTD.detach() : outputs.CleanBMTD;
            noisyTeacher = LossFunctions.SmoothL1(noisyBMTD, outputs.TargetsBMTD);
            noisyClean = LossFunctions.SquaredError(noisyBMTD, cleanBMTD);
            total = Add(Add(total, noisyTeacher, recipe.LossWeights.NoisyTeacher), noisyClean, recipe.LossWeights.NoisyClean);
        }

        if (recipe.VarianceCovariance.IsActive)
        {
            if (outputs.ContextBKD.size(0) < 2)
            {
                throw new ArgumentException("The variance and covariance terms need a batch of at least 2 images; it has 1. Use larger batches or VarianceCovarianceWeights.None.", nameof(outputs));
            }

            Tensor pooledBD = outputs.ContextBKD.mean([1]);
            Tensor centredBD = pooledBD - pooledBD.mean([0], keepdim: true);
            variance = LossFunctions.Variance(centredBD);
            covariance = LossFunctions.Covariance(centredBD);
            total = Add(Add(total, variance, recipe.VarianceCovariance.Variance), covariance, recipe.VarianceCovariance.Covariance);
        }

        // Validation has made sure that a weight is above 0.
        GC.KeepAlive(outputs);
        return new JepaLosses(
            total!.MoveToOuterDisposeScope(),
            cleanTeacher.MoveToOuterDisposeScope(),
            noisyTeacher?.MoveToOuterDisposeScope(),
            noisyClean?.MoveToOuterDisposeScope(),
            variance?.MoveToOuterDisposeScope(),
            covariance?.MoveToOuterDisposeScope());
    }

    /// <summary>Step 7 of the method: <c>teacher = momentum * teacher + (1 - momentum) * student</c>, one native call over the flat buffers.</summary>
    /// <param name="momentum">Share of the old teacher that stays, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="momentum"/> is outside 0..1 or not a number.</exception>
    public void UpdateTeacher(double momentum)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!(momentum >= 0 && momentum <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "The EMA momentum must be from 0 (the teacher becomes the student) to 1 (the teacher stays as it is).");
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = tensor((float)(1.0 - momentum), device: Device);
        TeacherParameters.Values.lerp_(_studentValues, weight);
    }

    /// <summary>Makes the teacher an exact copy of the student, as at the start of training.</summary>
    public void ResetTeacher()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        TeacherParameters.Values.copy_(_studentValues);
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

    /// <summary>Loads weights that <see cref="SaveWeights"/> wrote. Either everything fits and is loaded, or nothing is changed.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged, or names, shapes or types do not fit; the message lists every difference.</exception>
    public void LoadWeights(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        JepaWeights.Load(this, path);
    }

    /// <summary>
    /// Parameters, operations and tokens, for people. One multiplication and one addition are two operations; a training step counts the backward pass twice the forward pass.
    /// </summary>
    public override string ToString() => ModelSummary.Describe(Configuration);

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
        Parameters?.Dispose();
        TeacherParameters?.Dispose();
    }

    // A term of weight 0 stays out of the sum: nothing is differentiated for it, and a term that is not finite does no harm.
    private static Tensor? Add(Tensor? sum, Tensor term, double weight)
    {
        if (weight == 0)
        {
            return sum;
        }

        Tensor weighted = term.Times(weight);
        return sum is null ? weighted : sum.Plus(weighted);
    }
}
