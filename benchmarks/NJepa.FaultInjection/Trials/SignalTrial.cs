using NJepa.FaultInjection.Runs;
using NJepa.FaultInjection.Workers;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>SIGTERM, as schedulers and containers send it half a minute before they kill, and SIGINT (Ctrl+C), at moments drawn uniformly from a process's life.</summary>
internal sealed class SignalTrial : ITrial
{
    private const int Terminate = 15;
    private const int Interrupt = 2;
    private const int SignalsPerRun = 4;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    public string Name => "signal";

    public string Must => "exit within 30 s with 143 (SIGTERM) or 130 (SIGINT); a checkpoint of the very last step done; no step repeated; outcome byte-equal";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        if (OperatingSystem.IsWindows())
        {
            return [new Finding(Name, Must, "Windows has no such signals", null)];
        }

        int steps = context.Count(300, 100);
        
        // Checkpoints far apart: the one of the last step is owed to the signal.
        RunSettings plan = context.Settings("whole", steps) with { EverySteps = 50 };
        ReferenceRun whole = ReferenceRun.Of(plan);
        return
        [
            Send(context, plan, whole, "SIGTERM", Terminate, TerminationSignals.Terminated, context.Count(20, 2)),
            Send(context, plan, whole, "SIGINT", Interrupt, TerminationSignals.Interrupted, context.Count(8, 1)),
        ];
    }

    private Finding Send(TrialContext context, RunSettings plan, ReferenceRun whole, string name, int signal, int code, int times)
    {
        IReadOnlyList<string> through = SystemCommand.Ignores(signal) ? ["env", FormattableString.Invariant($"--default-signal={signal}")] : [];
        if (through.Count > 0 && !SystemCommand.Works([.. through, "true"]))
        {
            return new Finding($"{Name}: {name}", Must, "this process ignores it, and so do its children", null);
        }

        var count = new Counts();
        for (int run = 1; count.Sent < times; run++)
        {
            RunSettings settings = plan with { Output = Path.Combine(context.Folder, $"{name}{run}") };
            long done = 0;
            for (int i = 0; i < SignalsPerRun && count.Sent < times; i++)
            {
                using var worker = new WorkerProcess(new WorkerOrder(settings), through);
                if (worker.Wait(whole.Moment(context.Random, done)))
                {
                    count.Require(worker.ExitCode == 0, $"a run ended with {worker.ExitCode}: {worker.Errors}");
                    done = Check(settings, worker, done, count);
                    break;
                }

                bool training = worker.TrainingSince is not null;
                TimeSpan before = worker.Age;
                worker.Send(signal);
                count.Require(worker.Wait(Grace), $"no exit within {Grace.TotalSeconds} s");
                TimeSpan took = worker.Age - before;
                count.Require(worker.ExitCode == code || (worker.ExitCode == 0 && RunOutcome.Step(settings.Output) == settings.Steps), $"exit code {worker.ExitCode}: {worker.Errors}");
                count.Sent++;
                count.InTraining += training ? 1 : 0;
                count.Longest = took > count.Longest ? took : count.Longest;
                done = Check(settings, worker, done, count);
            }

            using var last = new WorkerProcess(new WorkerOrder(settings));
            count.Require(last.Finish() == 0, $"the last part of a run ended with {last.ExitCode}: {last.Errors}");
            done = Check(settings, last, done, count);
            count.Require(done == settings.Steps, $"{done} steps were done, and there are {settings.Steps}");
            count.Wrong.AddRange(RunOutcome.Differences(settings.Output, whole.Outcome));
            count.Runs++;
        }

        return new Finding(
            FormattableString.Invariant($"{Name}: {name} {count.Sent} times in {count.Runs} runs of {plan.Steps} steps"),
            Must,
            FormattableString.Invariant($"{count.InTraining} while training, {count.Sent - count.InTraining} before it; longest until the exit {count.Longest.TotalSeconds:0.00} s; exit code {code}; each went on from the very last step; outcomes byte-equal{count.Text()}"),
            count.Wrong.Count == 0);
    }

    /// <returns>Steps done so far: those before and those of this process, which must have a checkpoint.</returns>
    private static long Check(RunSettings settings, WorkerProcess worker, long done, Counts count)
    {
        if (worker.Ended is { } run)
        {
            count.Require(run.First == done, $"a run went on from step {run.First} after {done} were done");
            done += run.Steps;
        }
        else
        {
            count.Require(worker.ReportedStep == 0, $"a process that had reported step {worker.ReportedStep} did not say how it ended");
        }

        long saved = RunOutcome.Step(settings.Output);
        count.Require(saved == done, $"the newest checkpoint is of step {saved}, and {done} were done");
        count.Wrong.AddRange(RunOutcome.Unreadable(settings.Output));
        return done;
    }

    private sealed class Counts : Problems
    {
        public int Sent { get; set; }

        public int InTraining { get; set; }

        public int Runs { get; set; }

        public TimeSpan Longest { get; set; }
    }
}
