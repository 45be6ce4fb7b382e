using NJepa.FaultInjection.Runs;
using NJepa.FaultInjection.Workers;

namespace NJepa.FaultInjection.Trials;

/// <summary>What grows a little with each step ends a run of weeks.</summary>
internal sealed class LongTrial : ITrial
{
    public string Name => "long";

    public string Must => "as many live tensors late as early, less than 2 % more resident memory";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        int steps = context.Count(10_000, 600), early = context.Count(1_000, 300);
        RunSettings settings = context.Settings("long", steps) with { LogEvery = 10, EverySteps = 250, MeasureAt = [early, steps] };
        using var worker = new WorkerProcess(new WorkerOrder(settings));
        var problems = new Problems();

        // Early in a process the runtime still compiles what turned out to be used often.
        (double allowed, string must) = context.Short ? (0.05, Must.Replace("2 %", "5 %", StringComparison.Ordinal)) : (0.02, Must);
        problems.Require(worker.Finish() == 0, $"it ended with {worker.ExitCode}: {worker.Errors}");
        if (worker.Numbers(Worker.Memory) is not [[long firstStep, long firstTensors, long firstBytes], [long lastStep, long lastTensors, long lastBytes]])
        {
            yield return new Finding(Name, Must, $"no measurements{problems.Text()}", false);
            yield break;
        }

        double growth = ((double)lastBytes / firstBytes) - 1;
        problems.Require(firstTensors == lastTensors, $"tensors are left behind");
        problems.Require(growth < allowed, $"memory grows");
        yield return new Finding(
            FormattableString.Invariant($"{Name}: {steps} steps, a checkpoint every {settings.EverySteps}"),
            must,
            FormattableString.Invariant($"{firstTensors} tensors and {firstBytes / 1e6:0.0} MB after step {firstStep}, {lastTensors} and {lastBytes / 1e6:0.0} MB ({growth:+0.00%;-0.00%}) after step {lastStep}{problems.Text()}"),
            problems.Wrong.Count == 0);
    }
}
