using System.Diagnostics;
using NJepa.Models;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Tables;
using NJepa.Training;
using static TorchSharp.torch;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Trains one arm with one seed and judges its encoders. What was stopped goes on from its checkpoint.</summary>
internal sealed class ArmRun(AblationOptions options, AblationImages images, EncoderJudge judge, RunStore store, Device device)
{
    private const string Checkpoints = "checkpoints";
    private const string StudentFile = "student.safetensors", TeacherFile = "teacher.safetensors";

    private static readonly CheckpointOptions Saving = new() { EveryMinutes = 2, KeepLast = 2 };

    /// <summary>The untrained network with a seed's initial weights: the encoders of all arms start from it.</summary>
    public RunResult Untrained(ulong seed, CancellationToken cancellationToken)
    {
        using JepaModel model = Build(recipe => recipe, seed);
        EncoderResult result = judge.Judge(model.Student, cancellationToken);
        return new(new RunKey(RunKey.Untrained, 0, seed), result, result, 0, null, 0);
    }

    /// <summary>Trains and judges.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; the training is saved.</exception>
    public async Task<RunResult> TrainAsync(Arm arm, RunKey key, IProgress<TrainingProgress> progress, CancellationToken cancellationToken)
    {
        using JepaModel model = Build(arm.Recipe, key.Seed);
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
            model.Student.Save(Path.Combine(store.FolderOf(key), StudentFile));
            model.Teacher.Save(Path.Combine(store.FolderOf(key), TeacherFile));
        }

        double seconds = clock.Elapsed.TotalSeconds;
        EncoderResult student = judge.Judge(model.Student, cancellationToken), teacher = judge.Judge(model.Teacher, cancellationToken);
        double? loss = LossLog.Read(store.FolderOf(key)) is [.., { } last] && double.IsFinite(last.Losses.Total) ? last.Losses.Total : null;
        return new(key, student, teacher, trainer.CompletedSteps, loss, seconds) { Diverged = diverged };
    }

    /// <summary>Frees the room that only an unfinished run needs; the encoders stay.</summary>
    public void Tidy(RunKey key)
    {
        string folder = Path.Combine(store.FolderOf(key), Checkpoints);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The encoder of a finished run that the tables speak of.</summary>
    public ViTEncoder LoadEncoder(RunKey key)
    {
        string name = options.Encoder == EvaluatedEncoder.Student ? StudentFile : TeacherFile;
        return ViTEncoder.Load(Path.Combine(store.FolderOf(key), name), device);
    }

    /// <summary>The student of an untrained network.</summary>
    public ViTEncoder UntrainedEncoder(ulong seed) => ViTEncoder.Create(options.Scale.Encoder(), seed, device);

    private JepaModel Build(Func<JepaRecipe, JepaRecipe> recipe, ulong seed) =>
        JepaBuilder.WithEncoder(options.Scale.Encoder()).WithRecipe(recipe(options.Scale.Recipe())).WithSeed(seed).WithPrecision(options.Scale.Precision).Build(device);
}
