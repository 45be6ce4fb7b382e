using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.FaultInjection.Runs;
using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>A tiny run with an output folder of its own, and what it leaves.</summary>
internal sealed class CheckpointedRun : IDisposable
{
    public static readonly ViT Tiny = new() { Name = "test", ImageSize = 32, PatchSize = 8, Width = 12, Depth = 1, Heads = 2 };

    public CheckpointedRun(IImageSource images, string? folder = null) =>
        (Images, Folder) = (images, folder ?? Directory.CreateTempSubdirectory("njepa-checkpoints-").FullName);

    public IImageSource Images { get; }

    public string Folder { get; }

    public string Checkpoints => Path.Combine(Folder, "checkpoints");

    public PretrainingOptions Options { get; set; } = PretrainingOptions.SmallData with { Epochs = 5, BatchSize = 8, LogEvery = 3, LoaderThreads = 0, Checkpoints = new CheckpointOptions { EverySteps = 1 } };

    public JepaBuilder Model { get; set; } = JepaBuilder.WithEncoder(Tiny).WithRecipe(JepaRecipe.SmallData);

    public ILogger? Logger { get; set; }

    public OnlineProbe? Probe { get; set; }

    /// <summary>Names of all finished checkpoints, oldest first.</summary>
    public IEnumerable<string> Names => Directory.GetDirectories(Checkpoints).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    /// <summary>Runs until a step (null: to the end).</summary>
    public Task<TrainingResult> RunAsync(long? until = null) => Use(until, (trainer, progress, token) => trainer.RunAsync(progress, token));

    /// <summary>Goes on until a step (null: to the end).</summary>
    public Task<TrainingResult> ResumeAsync(long? until = null, ResumeOptions? options = null) => Use(until, (trainer, progress, token) => trainer.ResumeAsync(options, progress, token));

    /// <summary>Everything that must be the same for the same run, however it was interrupted: all final weights, the optimizer's state, the loss log.</summary>
    public IReadOnlyDictionary<string, string> Outcome()
    {
        string last = Path.Combine(Checkpoints, Names.Last());
        string[] files = [Path.Combine(last, "model.safetensors"), Path.Combine(last, "optimizer.safetensors"), Path.Combine(Folder, "losses.csv"), Path.Combine(Folder, "student.safetensors"), Path.Combine(Folder, "teacher.safetensors")];
        return files.ToDictionary(file => Path.GetFileName(file)!, file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
    }

    public void Dispose()
    {
        // A run whose folder was taken away may have left nothing to delete.
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private async Task<TrainingResult> Use(long? until, Func<JepaTrainer, IProgress<TrainingProgress>, CancellationToken, Task<TrainingResult>> run)
    {
        using JepaModel model = Model.Build();
        using var cancel = new CancellationTokenSource();
        var images = new StoppingSource(Images, Options.BatchSize, until, cancel);
        using var trainer = new JepaTrainer(model, images, Options with { OutputDirectory = Folder }, Logger);
        trainer.Probe = Probe;
        images.Start = () => trainer.CompletedSteps;
        return await run(trainer, new Progress<TrainingProgress>(), cancel.Token);
    }
}
