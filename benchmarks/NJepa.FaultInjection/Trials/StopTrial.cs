using NJepa.FaultInjection.Runs;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>A run that is stopped and taken up again is, bit for bit, the run that was not, wherever it was stopped: in mid-epoch, between two lines of the loss log, during the warm-up.</summary>
internal sealed class StopTrial : ITrial
{
    private const int Steps = 50;

    public string Name => "stop";

    public string Must => "final weights, optimizer state and loss log byte-equal each time";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        RunSettings whole = context.Settings("whole", Steps) with { LoaderThreads = 0, EverySteps = 7 };
        LocalRun.Resume(whole);
        IReadOnlyDictionary<string, string> outcome = RunOutcome.Of(whole.Output);
        int[] stops = context.Short ? [1, 7, 20, 34, 49] : [.. Enumerable.Range(1, Steps - 1)];
        var problems = new Problems();
        int equal = 0;
        foreach (int stop in stops)
        {
            RunSettings settings = whole with { Output = Path.Combine(context.Folder, $"stop{stop}") };
            TrainingResult first = LocalRun.Resume(settings, until: stop), rest = LocalRun.Resume(settings);
            problems.Require((first.Steps, rest.FirstStep, rest.Completed) == (stop, stop, true), $"stopped after {first.Steps} steps instead of {stop}, went on from {rest.FirstStep}");
            IReadOnlyList<string> differences = RunOutcome.Differences(settings.Output, outcome);
            equal += differences.Count == 0 ? 1 : 0;
            problems.Wrong.AddRange(differences.Select(text => FormattableString.Invariant($"stopped at {stop}: {text}")));
        }

        yield return new Finding(
            FormattableString.Invariant($"{Name}: stopped and resumed at {(context.Short ? FormattableString.Invariant($"{stops.Length} of the steps") : "every step")} 1 to {Steps - 1} of {Steps}"),
            Must,
            FormattableString.Invariant($"{equal} of {stops.Length} byte-equal{problems.Text()}"),
            problems.Wrong.Count == 0);
    }
}
