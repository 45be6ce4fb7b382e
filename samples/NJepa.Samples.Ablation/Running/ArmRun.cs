using System.Diagnostics;
using NJepa.Models;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Tables;
using NJepa.Training;
using static TorchSharp.torch;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Trains one arm with one seed and judges its encoders. What was stopped goes on from its checkpoint, and what is trained already is only judged.</summary>
internal sealed class ArmRun(AblationOptions options, AblationImages images, EncoderJudge judge, RunStore store, Device device)
{
    private static readonly CheckpointOptions Saving = new() { EveryMinutes = 2, KeepLast = 2 };

    /// <summary>The untrained network with a seed's initial weights: the encoders of all arms start from it.</summary>
    public RunResult Untrained(ulong seed, CancellationToken cancellationToken)
    {
        // In float32, as encoders that come from a file.
        using JepaModel model = JepaBuilder.WithEncoder(options.Scale.Encoder()).WithRecipe(options.Scale.Recipe()).WithSeed(seed).Build(device);
        EncoderResult result = judge.Judge(model.Student, cancellationToken);
        return new(new RunKey(RunKey.Untrained, 0, seed), result, result, 0, null, 0);
    }

    /// <summary>Trains, unless that is done, and judges.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; the training is saved.</exception>
    public async Task<RunResult> RunAsync(Arm arm, RunKey key, IProgress<TrainingProgress> progress, CancellationToken cancellationToken)
    {
        RunRecord record = Begin(arm, key);
        if (Trained(key, record) is not { } training)
        {
            training = await TrainAsync(arm, key, progress, cancellationToken).ConfigureAwait(false);
            store.Save(key, record with { Training = training });
        }

        // From the files, so that judging them again gives the same.
        EncoderResult student = Judge(key, ProbedEncoder.Student, cancellationToken), teacher = Judge(key, ProbedEncoder.Teacher, cancellationToken);
        return new(key, student, teacher, training.Steps, training.FinalLoss, training.Seconds) { Diverged = training.Diverged };
    }

    /// <summary>Whether a run is trained, and only to be judged.</summary>
    public bool IsTrained(RunKey key) => Trained(key, store.Record(key)) is not null;

    /// <summary>An encoder of a trained run.</summary>
    public ViTEncoder LoadEncoder(RunKey key, ProbedEncoder encoder) => ViTEncoder.Load(store.EncoderOf(key, encoder), device);

    /// <summary>An untrained encoder of the same size; its weights are another draw than those that the arms start from.</summary>
    public ViTEncoder UntrainedEncoder(ulong seed) => ViTEncoder.Create(options.Scale.Encoder(), seed, device);

    private RunRecord Begin(Arm arm, RunKey key)
    {
        RunEnvironment here = RunEnvironment.Of(device);
        RunRecord record = store.Record(key) ?? new RunRecord(
            RunSettings.Of(options.Scale, arm, images.Pretraining.Count), store.HasCheckpoints(key) || store.HasEncoders(key) ? [RunEnvironment.NotRecorded] : []);
        record = record with { Environments = [.. record.Environments.Append(here).Distinct()] };
        store.Save(key, record);
        return record;
    }

    /// <summary>How the training ended, where it has and its encoders are there.</summary>
    private TrainingRecord? Trained(RunKey key, RunRecord? record)
    {
        if (!store.HasEncoders(key))
        {
            return null;
        }

        // Earlier versions did not write the end down. A run that was stopped leaves encoders too, but it has checkpoints, and its losses end early.
        return record?.Training ?? (!store.HasCheckpoints(key) && LastReport(key) is { } last && last.Step == options.Scale.Steps(images.Pretraining.Count)
            ? new TrainingRecord(last.Step, Finite(last), Seconds: null, Diverged: false)
            : null);
    }

    private async Task<TrainingRecord> TrainAsync(Arm arm, RunKey key, IProgress<TrainingProgress> progress, CancellationToken cancellationToken)
    {
        using JepaModel model = JepaBuilder.WithEncoder(options.Scale.Encoder()).WithRecipe(arm.Recipe(options.Scale.Recipe())).WithSeed(key.Seed).WithPrecision(options.Scale.Precision).Build(device);
        PretrainingOptions training = options.Scale.Training(images.Pretraining.Count, key.Seed, key.LearningRate) with
        {
            OutputDirectory = store.FolderOf(key),
            ImageCache = Path.Combine(options.Output, "images.cache"),
            Checkpoints = Saving,
        };
        using var trainer = new JepaTrainer(model, images.Pretraining, training);
        var clock = Stopwatch.StartNew();
        bool diverged = false;
        try
        {
            TrainingResult result = await trainer.ResumeAsync(new ResumeOptions { StartIfNone = true }, progress, cancellationToken).ConfigureAwait(false);
            if (!result.Completed)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }
        catch (NonFiniteException)
        {
            // One rate that is too high must not keep all other runs from being done. The weights are those of the step before.
            diverged = true;
            model.Student.Save(store.EncoderOf(key, ProbedEncoder.Student));
            model.Teacher.Save(store.EncoderOf(key, ProbedEncoder.Teacher));
        }

        return new(trainer.CompletedSteps, LastReport(key) is { } last ? Finite(last) : null, clock.Elapsed.TotalSeconds, diverged);
    }

    private EncoderResult Judge(RunKey key, ProbedEncoder which, CancellationToken cancellationToken)
    {
        using ViTEncoder encoder = LoadEncoder(key, which);
        return judge.Judge(encoder, cancellationToken);
    }

    private LossLogEntry? LastReport(RunKey key)
    {
        string path = Path.Combine(store.FolderOf(key), LossLog.FileName);
        try
        {
            return File.Exists(path) && LossLog.Read(path) is [.., { } last] ? last : null;
        }
        catch (InvalidDataException exception)
        {
            throw new AblationException($"{exception.Message} It is needed to tell whether the run is trained. Delete it, and the run is trained again.");
        }
    }

    private static double? Finite(LossLogEntry report) => double.IsFinite(report.Losses.Total) ? report.Losses.Total : null;
}
