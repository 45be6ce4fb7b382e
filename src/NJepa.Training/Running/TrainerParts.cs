using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training;

/// <summary>What a trainer is made of, and where it stands. All that the rest of a run depends on is here; a checkpoint is a copy of it.</summary>
internal sealed class TrainerParts : IDisposable
{
    public TrainerParts(JepaModel model, IImageSource images, PretrainingOptions options, ILogger logger)
    {
        (Model, Options, Logger) = (model, options, logger);
        Loader = new ImageLoader(images, options.Augmentation(model.Configuration.Encoder.ImageSize), options.Loading(), logger);
        Schedule = new TrainingSchedule(options, Loader.BatchesPerEpoch);
        Optimizer = new FlatAdamW(model.Parameters, options.Beta1, options.Beta2, options.Epsilon);
        Losses = new LossMeter(model);
        NonFinite = new NonFiniteWatch(model, options, Schedule, logger);
        StepRunner = new TrainingStep(model, Optimizer, options, NonFinite.Guard);
    }

    public JepaModel Model { get; }

    public PretrainingOptions Options { get; }

    public ILogger Logger { get; }

    public ImageLoader Loader { get; }

    public TrainingSchedule Schedule { get; }

    public FlatAdamW Optimizer { get; }

    public LossMeter Losses { get; }

    public NonFiniteWatch NonFinite { get; }

    public TrainingStep StepRunner { get; }

    /// <summary>Steps done.</summary>
    public long Step { get; set; }

    public long TotalSteps => Schedule.TotalSteps;

    /// <summary>What the images are; computed once, when it is first needed, as it may look at each file.</summary>
    public DataDescription Data => field ??= DataDescription.Of(Loader.Source);

    /// <summary>Copies everything that the rest of the run depends on.</summary>
    public CheckpointContent Capture()
    {
        WeightsSnapshot weights = Model.TakeSnapshot();
        try
        {
            return new CheckpointContent(Step, weights, new OptimizerSnapshot(Optimizer, Model.Parameters), State().ToBytes());
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Takes over what a checkpoint holds, which has been checked.</summary>
    /// <exception cref="WeightsException">A file does not fit.</exception>
    public void Restore(string folder, TrainerState state)
    {
        Model.LoadWeights(Path.Combine(folder, CheckpointFiles.Model));
        OptimizerSnapshot.Load(Path.Combine(folder, CheckpointFiles.Optimizer), Optimizer, Model.Parameters, state.OptimizerSteps);
        Losses.Load(new LossMeterState(state.LossSums, state.LossSteps));
        NonFinite.Restart(state.SkippedSteps);
        Step = state.Step;
        StepRunner.IsUpdating = false;
    }

    /// <summary>The run's settings as a checkpoint keeps them.</summary>
    public TrainerState State()
    {
        LossMeterState losses = Losses.Save();
        return new TrainerState
        {
            Step = Step,
            TotalSteps = TotalSteps,
            OptimizerSteps = Optimizer.Steps,
            SkippedSteps = NonFinite.Skipped,
            SavedAt = DateTime.UtcNow,
            LossSums = losses.Sums,
            LossSteps = losses.Count,
            Data = Data,
            Model = SettingTexts.Of(Model.Configuration),
            Options = SettingTexts.Of(Options),
            Versions = Versions(),
        };
    }

    public void Dispose()
    {
        Loader.Dispose();
        Optimizer.Dispose();
        Losses.Dispose();
        NonFinite.Dispose();
    }

    private SortedDictionary<string, string> Versions()
    {
        NativeRuntimeInfo native = NJepaRuntime.GetInfo();
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["NJepa"] = typeof(JepaTrainer).Assembly.GetName().Version?.ToString() ?? "",
            ["TorchSharp"] = native.TorchSharpVersion,
            ["libtorch"] = native.LibTorchVersion ?? "",
            ["device"] = Model.Device.type == DeviceType.CPU ? "cpu" : Model.Device.ToString(),
            ["threads"] = native.Threads.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["platform"] = native.Platform,
        };
    }
}
