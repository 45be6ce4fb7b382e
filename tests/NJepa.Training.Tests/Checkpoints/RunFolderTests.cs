using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>The folder of a run: its lock, and what a killed process leaves there.</summary>
public sealed class RunFolderTests(ResumeTests.Pictures pictures) : TensorTest, IClassFixture<ResumeTests.Pictures>
{
    [Fact]
    public async Task What_a_killed_process_left_is_taken_away_and_never_read()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 3);
        string partial = Path.Combine(run.Checkpoints, "step-0000000004.0123.partial"), deleted = Path.Combine(run.Checkpoints, "step-0000000001.0123.deleted");
        Directory.CreateDirectory(partial);
        File.WriteAllText(Path.Combine(partial, "model.safetensors"), "half");
        Directory.CreateDirectory(deleted);
        (await run.ResumeAsync(until: 4)).FirstStep.Should().Be(3);
        run.Names.Should().Equal("step-0000000003", "step-0000000004");
    }

    [Fact]
    public async Task What_a_killed_process_left_of_results_is_taken_away_and_nothing_else()
    {
        using var run = new CheckpointedRun(pictures.Source);
        const string Unique = "0123456789abcdef0123456789abcdef";
        string[] leftovers = [$".njepa-{Unique}", $".njepa-lock-owner.{Unique}.tmp", $"model.safetensors.{Unique}.tmp", $"student.safetensors.{Unique}.tmp", $"teacher.safetensors.{Unique}.tmp"];
        string[] others = [".njepa-notes", "model.safetensors.old.tmp", $"mine.safetensors.{Unique}.tmp", $"model.safetensors.{Unique}", "model.safetensors.tmp"];
        foreach (string name in (string[])[.. leftovers, .. others])
        {
            File.WriteAllText(Path.Combine(run.Folder, name), "half");
        }

        await run.RunAsync(until: 1);

        string[] names = [.. Directory.GetFiles(run.Folder).Select(path => Path.GetFileName(path)!)];
        names.Should().Contain(others).And.NotContain(leftovers);
    }

    [Fact]
    public async Task A_second_run_in_the_same_folder_is_refused_while_the_first_lasts()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder, LogEvery = 1 });
        string? message = null;
        await trainer.RunAsync(new Synchronous(async report =>
        {
            if (report.Step == 1)
            {
                Func<Task> second = () => run.RunAsync();
                message = (await second.Should().ThrowAsync<TrainingException>()).Which.Message;
            }
        }));
        message.Should().Match($"OutputDirectory '{run.Folder}' is in use by another run (process {Environment.ProcessId} on {Environment.MachineName}, which started at *). Wait for it, end it, or choose another folder. No step was taken.");
        (await run.RunAsync()).Completed.Should().BeTrue("the lock ends with the run");
    }

    [Fact]
    public async Task The_lock_of_a_dead_process_is_taken_over()
    {
        using var run = new CheckpointedRun(pictures.Source);
        File.WriteAllText(Path.Combine(run.Folder, ".njepa-lock"), "");
        File.WriteAllText(Path.Combine(run.Folder, ".njepa-lock-owner"), $$"""{"Process":{{Environment.ProcessId}},"Machine":"{{Environment.MachineName}}","Since":"2001-02-03T04:05:06Z"}""");
        (await run.RunAsync()).Completed.Should().BeTrue();
    }
}
