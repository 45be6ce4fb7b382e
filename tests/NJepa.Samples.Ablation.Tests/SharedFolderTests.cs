using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Terminal;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Tests;

/// <summary>Several processes in one output folder.</summary>
public sealed class SharedFolderTests : AblationTest
{
    private static readonly RunKey Single = new("n-jepa-single", PretrainingOptions.SmallData.LearningRate, 0), Multi = Single with { Arm = "n-jepa-multi" };

    [Fact]
    public void A_run_is_worked_on_by_one_at_a_time()
    {
        string folder = Path.Combine(Folder, "run");
        using (RunLease? first = RunLease.TryTake(folder))
        {
            first.Should().NotBeNull();
            RunLease.TryTake(folder).Should().BeNull();
        }

        using RunLease? next = RunLease.TryTake(folder);
        next.Should().NotBeNull();
    }

    [Fact]
    public async Task A_run_that_another_process_gives_up_is_done_after_the_others()
    {
        AblationOptions options = Options("given-up", "levels") with { Seeds = [0] };
        var store = new RunStore(options.Output);
        RunLease other = RunLease.TryTake(store.FolderOf(Single))!;
        bool othersDone = false;
        using var told = new WatchingWriter("Waiting for a run that another process is working on", () =>
        {
            othersDone = store.Find(Multi) is not null && store.Find(Single) is null;
            other.Dispose();
        });

        await new AblationRun(options, new AblationView(Console(told))).ExecuteAsync(CancellationToken.None);

        othersDone.Should().BeTrue();
        told.ToString().Should().Contain("  " + Single.Folder);
        store.Find(Single).Should().NotBeNull();
        File.ReadAllText(Path.Combine(options.Output, "levels.md")).Should().NotContain("Not finished");
    }

    [Fact]
    public async Task A_run_that_another_process_finishes_is_not_done_again()
    {
        AblationOptions options = Options("finished", "levels") with { Seeds = [0] }, elsewhere = options with { Output = Path.Combine(Folder, "elsewhere") };
        await RunAsync(elsewhere);
        RunResult result = new RunStore(elsewhere.Output).Find(Single)!;
        var store = new RunStore(options.Output);
        RunLease other = RunLease.TryTake(store.FolderOf(Single))!;
        using var told = new WatchingWriter("Waiting for a run that another process is working on", () =>
        {
            store.Save(result);
            other.Dispose();
        });

        await new AblationRun(options, new AblationView(Console(told))).ExecuteAsync(CancellationToken.None);

        File.Exists(Path.Combine(store.FolderOf(Single), LossLog.FileName)).Should().BeFalse("it was not trained here");
        File.ReadAllText(Path.Combine(options.Output, "levels.md")).Should().Contain("| N-JEPA, single-level |").And.NotContain("Not finished");
    }

    [Fact]
    public async Task Waiting_can_be_stopped()
    {
        AblationOptions options = Options("stopped", "levels") with { Seeds = [0] };
        using RunLease? other = RunLease.TryTake(new RunStore(options.Output).FolderOf(Single));
        using var cancel = new CancellationTokenSource();
        using var told = new WatchingWriter("Waiting for a run", cancel.Cancel);
        Func<Task> run = () => new AblationRun(options, new AblationView(Console(told))).ExecuteAsync(cancel.Token);

        await run.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Two_commands_share_the_runs_and_both_end_with_the_whole_table()
    {
        AblationOptions options = Options("shared", "baseline"), alone = options with { Output = Path.Combine(Folder, "alone") };
        await RunAsync(alone);

        string[] told = await Task.WhenAll(Task.Run(() => RunAsync(options)), Task.Run(() => RunAsync(options)));

        told.Sum(text => text.Split("> Run ").Length - 1).Should().Be(6, "each run is done by one of them");
        File.ReadAllText(Path.Combine(options.Output, "baseline.md")).Should().Be(File.ReadAllText(Path.Combine(alone.Output, "baseline.md")));
    }
}
