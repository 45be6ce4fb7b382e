using NJepa.Data;
using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>What an earlier run has left costs nothing until the next one has something in its place; two runs never share a folder.</summary>
public sealed class EarlierRunTests(ResumeTests.Pictures pictures) : TensorTest, IClassFixture<ResumeTests.Pictures>
{
    [Fact]
    public async Task A_run_that_ends_before_its_first_step_costs_nothing_of_the_one_before()
    {
        using var run = new CheckpointedRun(pictures.Source) { Probe = new OnlineProbe(pictures.Source, pictures.Source, new OnlineProbeOptions { EveryEpochs = 5 }) };
        await run.RunAsync();
        IReadOnlyDictionary<string, string> before = Contents(run.Folder);
        before.Keys.Should().Contain(["losses.csv", "probe.csv", "student.safetensors", "checkpoints/step-0000000020/model.safetensors"]);
        using JepaModel model = run.Model.WithSeed(5).Build();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        foreach (IImageSource images in new[] { pictures.Source, new Blocked() })
        {
            foreach (OnlineProbe? probe in new[] { null, run.Probe })
            {
                using var trainer = new JepaTrainer(model, images, run.Options with { OutputDirectory = run.Folder }) { Probe = images is not Blocked ? probe : null };
                if (images is not Blocked)
                {
                    TrainingResult result = await trainer.RunAsync(cancellationToken: cancelled.Token);
                    (result.Steps, result.SavedFiles.Count, result.Completed).Should().Be((0L, 0, false));
                }
                else
                {
                    await FluentActions.Awaiting(() => trainer.RunAsync()).Should().ThrowAsync<TooManyBadImagesException>();
                    File.Delete(Path.Combine(run.Folder, "bad-images.csv"));
                }

                Contents(run.Folder).Should().Equal(before);
            }
        }

        // Of a finished run that has lost its checkpoints the result stays as well.
        Directory.Delete(run.Checkpoints, recursive: true);
        using (var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder }))
        {
            (await trainer.ResumeAsync(new ResumeOptions { StartIfNone = true }, null, cancelled.Token)).Steps.Should().Be(0);
        }

        Contents(run.Folder).Should().Equal(before.Where(file => !file.Key.StartsWith("checkpoints", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_first_checkpoint_of_a_run_takes_the_place_of_those_of_the_run_before()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync();
        run.Names.Should().Equal("step-0000000019", "step-0000000020");
        await run.RunAsync(until: 1);
        run.Names.Should().Equal("step-0000000001");
        LossLog.Read(run.Folder).Should().BeEmpty("the run before is over");
        (await run.ResumeAsync()).FirstStep.Should().Be(1);
    }

    [Theory]
    [InlineData("step-0000000001", true)]
    [InlineData("step-0000000020", true)]
    [InlineData("step-0000000001", false)]
    [InlineData("step-0000000020", false)]
    public async Task What_a_process_leaves_that_is_killed_while_one_run_takes_the_place_of_another_is_one_of_them(string next, bool came)
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync();
        string Path(string name) => System.IO.Path.Combine(run.Checkpoints, name);
        string[] earlier = ["step-0000000020", "step-0000000019"];
        foreach (string name in came ? earlier : earlier[..1])
        {
            Directory.Move(Path(name), Path($"{name}.{next}.replaced"));
        }

        if (came)
        {
            using var other = new CheckpointedRun(pictures.Source);
            await other.RunAsync(until: 1);
            Directory.Move(System.IO.Path.Combine(other.Checkpoints, "step-0000000001"), Path(next));
        }

        RunFolder.Open(run.Folder).Dispose();

        run.Names.Should().Equal(came ? [next] : [.. earlier.Reverse()]);
    }

    [Fact]
    public async Task A_run_whose_folder_another_run_took_over_writes_nothing_more_there()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        IReadOnlyDictionary<string, string>? others = null;
        var options = run.Options with { OutputDirectory = run.Folder, LogEvery = 1, Checkpoints = new CheckpointOptions { EverySteps = 1, InBackground = false } };
        using var trainer = new JepaTrainer(model, pictures.Source, options);
        Func<Task> first = () => trainer.RunAsync(new Synchronous(async report =>
        {
            if (report.Step == 15)
            {
                Directory.Delete(run.Folder, recursive: true);
                await run.RunAsync(until: 4);
                others = Contents(run.Folder);
            }
        }));

        (await first.Should().ThrowAsync<TrainingException>()).WithMessage("*The folder was deleted, replaced or unmounted during the run*");

        Contents(run.Folder).Should().Equal(others);
        (await run.ResumeAsync()).FirstStep.Should().Be(4);
    }

    [Fact]
    public async Task A_chosen_checkpoint_is_this_run_s_own_whatever_path_leads_there()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 6);
        string link = Path.Combine(Directory.CreateTempSubdirectory("njepa-link-").FullName, "link");
        Directory.CreateSymbolicLink(link, run.Checkpoints);
        (await run.ResumeAsync(until: 5, options: new ResumeOptions { Checkpoint = Path.Combine(link, "step-0000000005") })).FirstStep.Should().Be(5);
        run.Names.Should().Equal("step-0000000005", "step-0000000006.abandoned");
        Directory.Delete(Path.GetDirectoryName(link)!, recursive: true);
    }

    [Fact]
    public async Task Where_only_checkpoints_are_that_were_set_aside_nothing_starts_from_the_beginning()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 2);
        foreach (string name in run.Names.ToList())
        {
            CheckpointStore.SetAside(Path.Combine(run.Checkpoints, name), CheckpointFiles.AbandonedSuffix);
        }

        Func<Task> resume = () => run.ResumeAsync(options: new ResumeOptions { StartIfNone = true });
        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage("*there are only checkpoints that were set aside: step-0000000001.abandoned, step-0000000002.abandoned. Go on from one of them*");

        // From one of them it does, and the branch is whole again.
        string chosen = Path.Combine(run.Checkpoints, "step-0000000002.abandoned");
        (await run.ResumeAsync(until: 3, options: new ResumeOptions { Checkpoint = chosen })).FirstStep.Should().Be(2);
        run.Names.Should().Equal("step-0000000001.abandoned", "step-0000000002.abandoned", "step-0000000003");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Images_that_never_come_do_not_keep_a_cancelled_run_from_being_saved(int threads)
    {
        using var run = new CheckpointedRun(pictures.Source);
        using var images = new Hanging(pictures.Source, after: 40);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, images, run.Options with { OutputDirectory = run.Folder, LoaderThreads = threads });
        using var cancel = new CancellationTokenSource();
        Task<TrainingResult> going = trainer.RunAsync(cancellationToken: cancel.Token);
        images.Hangs.Wait(TimeSpan.FromSeconds(60)).Should().BeTrue();
        await cancel.CancelAsync();

        TrainingResult result = await going.WaitAsync(TimeSpan.FromSeconds(30));

        result.Completed.Should().BeFalse();
        result.Checkpoint.Should().Be(Path.Combine(run.Checkpoints, $"step-{trainer.CompletedSteps:D10}"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_loss_log_that_was_saved_again_or_cut_off_during_the_run_gets_the_lines_that_follow(bool cutOff)
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        string log = Path.Combine(run.Folder, LossLog.FileName);
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder, LogEvery = 1 });
        await trainer.RunAsync(new Synchronous(report =>
        {
            if (report.Step == 3 && cutOff)
            {
                File.WriteAllText(log, "");
            }
            else if (report.Step == 3)
            {
                // As editors do; the first two lines are taken out.
                File.WriteAllLines(log + ".new", File.ReadLines(log).Where((_, i) => i is not (1 or 2)));
                File.Move(log + ".new", log, overwrite: true);
            }

            return Task.CompletedTask;
        }));
        LossLog.Read(run.Folder).Select(entry => entry.Step).Should().Equal(Enumerable.Range(cutOff ? 4 : 3, cutOff ? 17 : 18).Select(step => (long)step));
    }

    private static Dictionary<string, string> Contents(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), file => Path.GetFileName(file) == ".njepa-lock" ? "" : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));

    private sealed class Blocked : IImageSource
    {
        public int Count => 32;

        public IReadOnlyList<string> ClassNames => [];

        public string GetName(int index) => $"{index}.png";

        public int GetLabel(int index) => -1;

        public Stream OpenRead(int index) => throw new IOException("gone");
    }

    private sealed class Hanging(IImageSource inner, int after) : IImageSource, IDisposable
    {
        private readonly ManualResetEventSlim _never = new();
        private int _reads;

        public ManualResetEventSlim Hangs { get; } = new();

        public int Count => inner.Count;

        public IReadOnlyList<string> ClassNames => inner.ClassNames;

        public string GetName(int index) => inner.GetName(index);

        public int GetLabel(int index) => inner.GetLabel(index);

        public Stream OpenRead(int index)
        {
            if (Interlocked.Increment(ref _reads) > after)
            {
                Hangs.Set();
                _never.Wait();
            }

            return inner.OpenRead(index);
        }

        // The threads that wait end; the events are left to the collector, since these may still look at them.
        public void Dispose() => _never.Set();
    }
}
