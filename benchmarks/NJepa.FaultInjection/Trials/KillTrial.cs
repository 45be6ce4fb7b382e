using NJepa.FaultInjection.Runs;
using NJepa.FaultInjection.Workers;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>
/// SIGKILL leaves no process the time to tidy up, as a power failure or the system's lack of memory does: whatever a save had done until then stays as it is. Moments are drawn uniformly from a
/// process's life, from its start through loading and training to its last save.
/// </summary>
internal sealed class KillTrial : ITrial
{
    private const int KillsPerRun = 5;

    public string Name => "kill";

    public string Must => "no unreadable checkpoint after any kill; final weights, optimizer state and loss log byte-equal to the uninterrupted run; nothing left behind";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        int kills = context.Count(100, 5), steps = context.Count(120, 60);
        RunSettings plan = context.Settings("whole", steps);
        ReferenceRun whole = ReferenceRun.Of(plan);
        context.Log(FormattableString.Invariant($"a process starts in {whole.Start.TotalSeconds:0.00} s and trains for {whole.Training.TotalSeconds:0.00} s"));
        var count = new Counts();
        for (int run = 1; count.Kills < kills; run++)
        {
            RunSettings settings = plan with { Output = Path.Combine(context.Folder, $"run{run}"), KeepLast = 1 + (run % 3) };
            bool killed = true;
            for (int i = 0; killed && i < KillsPerRun && count.Kills < kills; i++)
            {
                killed = KillOne(settings, whole, context.Random, count);
            }

            Complete(settings, whole, count);
            context.Log($"{count.Kills} of {kills}{count.Text()}");
            if (count.Wrong.Count == 0)
            {
                Directory.Delete(settings.Output, recursive: true);
            }
        }

        yield return new Finding(
            FormattableString.Invariant($"{Name}: {count.Kills} times in {count.Runs} runs of {steps} steps"),
            Must,
            FormattableString.Invariant($"{count.Unreadable} unreadable of {count.Read} checkpoints read; {count.BeforeTraining} kills before training, {count.InsideSave} inside a save (a folder half written or half deleted); {count.Equal} of {count.Runs} runs byte-equal{count.Text()}"),
            count.Unreadable == 0 && count.Equal == count.Runs && count.Wrong.Count == 0);
    }

    /// <returns>False when the process ended before its moment came.</returns>
    private static bool KillOne(RunSettings settings, ReferenceRun whole, Random random, Counts count)
    {
        using var worker = new WorkerProcess(new WorkerOrder(settings));
        bool ended = worker.Wait(whole.Moment(random, RunOutcome.Step(settings.Output)));
        if (!ended)
        {
            worker.Kill();
        }

        if (ended || worker.ExitCode != WorkerProcess.Killed)
        {
            count.Require(worker.ExitCode == 0, $"a run ended with {worker.ExitCode}: {worker.Errors}");
            return false;
        }

        count.Kills++;
        count.BeforeTraining += worker.TrainingSince is null ? 1 : 0;
        string checkpoints = Path.Combine(settings.Output, CheckpointFiles.Folder);
        IEnumerable<string> folders = Directory.Exists(checkpoints) ? Directory.EnumerateDirectories(checkpoints) : [];
        count.InsideSave += folders.Any(folder => folder.EndsWith(CheckpointFiles.PartialSuffix, StringComparison.Ordinal) || folder.EndsWith(CheckpointFiles.DeletedSuffix, StringComparison.Ordinal)) ? 1 : 0;
        IReadOnlyList<string> unreadable = RunOutcome.Unreadable(settings.Output);
        count.Unreadable += unreadable.Count;
        count.Wrong.AddRange(unreadable);
        count.Read += new CheckpointStore(settings.Output).List().Count;
        return true;
    }

    private static void Complete(RunSettings settings, ReferenceRun whole, Counts count)
    {
        long step = RunOutcome.Step(settings.Output);
        using var worker = new WorkerProcess(new WorkerOrder(settings));
        count.Require(worker.Finish() == 0, $"the last part of a run ended with {worker.ExitCode}: {worker.Errors}");
        count.Require(worker.Ended?.First == step, $"a run went on from step {worker.Ended?.First} and not from {step}");
        count.Runs++;
        IReadOnlyList<string> differences = [.. RunOutcome.Differences(settings.Output, whole.Outcome)];
        count.Equal += differences.Count == 0 ? 1 : 0;
        count.Wrong.AddRange(differences);
        count.Wrong.AddRange(RunOutcome.Leftovers(settings.Output).Select(name => $"{name} is left behind"));
    }

    private sealed class Counts : Problems
    {
        public int Kills { get; set; }

        public int BeforeTraining { get; set; }

        public int InsideSave { get; set; }

        public int Read { get; set; }

        public int Unreadable { get; set; }

        public int Runs { get; set; }

        public int Equal { get; set; }
    }
}
