using Microsoft.Extensions.Logging;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>Callbacks, loggers and files that fail while a run is going on cost it no step.</summary>
public sealed class FailureOfOthersTests(ResumeTests.Pictures pictures) : TensorTest, IClassFixture<ResumeTests.Pictures>
{
    [Fact]
    public async Task A_callback_that_meets_something_disposed_costs_no_step()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder, Checkpoints = new CheckpointOptions() });
        Func<Task> broken = () => trainer.RunAsync(new Collect(report => ObjectDisposedException.ThrowIf(report.Step == 6, "a window")));
        await broken.Should().ThrowAsync<ObjectDisposedException>();
        run.Names.Should().Equal("step-0000000006");
    }

    [Fact]
    public async Task A_list_of_bad_images_that_cannot_be_written_does_not_keep_a_run_from_being_saved()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 7);
        foreach (string file in Directory.GetFiles(Path.Combine(set.Folder, "train"), "*.png", SearchOption.AllDirectories).Take(2))
        {
            File.WriteAllText(file, "");
        }

        using var run = new CheckpointedRun(set.Train);
        var log = new ListLogger();
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, set.Train, run.Options with { OutputDirectory = run.Folder, Checkpoints = new CheckpointOptions { OnFailure = SaveFailurePolicy.Continue } }, log);
        trainer.Parts.StepRunner.PhaseEnded = phase =>
        {
            if (phase == "backward" && trainer.CompletedSteps == 1)
            {
                Directory.CreateDirectory(Path.Combine(run.Folder, "bad-images.csv"));
            }

            if (phase == "backward" && trainer.CompletedSteps == 8)
            {
                throw new InvalidOperationException("a failure");
            }
        };
        await trainer.Invoking(broken => broken.RunAsync()).Should().ThrowAsync<InvalidOperationException>();
        run.Names.Should().Equal("step-0000000008");
        log.Messages.Should().ContainMatch($"The list of bad images in {run.Folder} cannot be written: *");
    }

    [Fact]
    public async Task A_logger_that_fails_is_not_taken_for_a_disk_that_fails()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder, Checkpoints = new CheckpointOptions { EverySteps = 4 } }, new FullLogger());
        (await trainer.Invoking(broken => broken.RunAsync()).Should().ThrowAsync<IOException>()).WithMessage("the disk of the log is full");
        run.Names.Should().Contain("step-0000000004");
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_deleted_does_not_stop_the_run()
    {
        using var folder = new TemporaryStore();
        var log = new ListLogger();
        bool open = true;
        folder.Store.BeforeDelete = path => _ = open ? throw new IOException($"'{path}' is in use.") : 0;
        using var saver = new CheckpointSaver(folder.Store, new CheckpointOptions { EverySteps = 1, KeepLast = 1 }, folder.Capture, log);
        saver.AfterStep(++folder.Step);
        saver.AfterStep(++folder.Step);
        saver.Finish(folder.Step);
        folder.Store.List().Select(found => found.Step).Should().Equal(2, 1);
        log.Errors.Should().BeEmpty();
        log.Messages.Should().ContainMatch($"An old checkpoint in {folder.Store.Root} cannot be deleted: *is in use. The new one is complete; *");
        open = false;
        saver.AfterStep(++folder.Step);
        saver.Finish(folder.Step);
        folder.Store.List().Select(found => found.Step).Should().Equal(3);
    }

    [Fact]
    public void A_disk_that_works_again_takes_the_checkpoint_of_the_end()
    {
        using var folder = new TemporaryStore();
        var log = new ListLogger();
        using var saver = new CheckpointSaver(folder.Store, new CheckpointOptions { EverySteps = 1 }, folder.Capture, log);
        int files = 0;
        folder.Store.Create = path => ++files == 1 ? throw new IOException("Stale file handle") : File.Create(path);
        saver.AfterStep(++folder.Step);
        folder.Step++;
        saver.Finish(folder.Step);
        folder.Store.List().Select(found => found.Step).Should().Equal(2);
        log.Errors.Should().ContainSingle().Which.Should().Contain("Stale file handle");
    }

    [Fact]
    public async Task A_logger_that_fails_leaves_no_gap_in_the_loss_log()
    {
        using var run = new CheckpointedRun(pictures.Source);
        int reports = 0;
        run.Logger = new ListLogger((_, id) => id.Id != 2 || ++reports != 2 ? true : throw new InvalidOperationException("the log is full"));
        await FluentActions.Awaiting(() => run.RunAsync()).Should().ThrowAsync<InvalidOperationException>();
        run.Logger = null;
        (await run.ResumeAsync()).FirstStep.Should().Be(6);
        LossLog.Read(run.Folder).Select(entry => entry.Step).Should().Equal(3, 6, 9, 12, 15, 18, 20);
    }

    [Fact]
    public async Task Stops_failures_and_resuming_leave_no_native_tensor()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder });
        using var cancel = new CancellationTokenSource();
        await trainer.RunAsync(new Collect(report => cancel.Cancel()), cancel.Token);
        long tensors = torch.Tensor.TotalCount;
        Func<Task> broken = () => trainer.ResumeAsync(null, new Collect(report => throw new InvalidOperationException("a failure")));
        await broken.Should().ThrowAsync<InvalidOperationException>();
        torch.Tensor.TotalCount.Should().Be(tensors);
        broken = () => trainer.ResumeAsync(new ResumeOptions { Checkpoint = "/nowhere" });
        await broken.Should().ThrowAsync<CheckpointException>();
        await trainer.ResumeAsync();
        torch.Tensor.TotalCount.Should().Be(tensors);
    }

    [Fact]
    public void The_token_of_signals_outlives_them()
    {
        var signals = new TerminationSignals();
        signals.Dispose();
        signals.Dispose();
        signals.Token.IsCancellationRequested.Should().BeFalse();
    }

    private sealed class FullLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).StartsWith("Checkpoint ", StringComparison.Ordinal))
            {
                throw new IOException("the disk of the log is full");
            }
        }
    }
}
