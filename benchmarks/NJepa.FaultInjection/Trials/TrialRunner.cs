using System.Diagnostics;

namespace NJepa.FaultInjection.Trials;

/// <summary>Runs a trial; one that ends in an exception has failed, and the others still run.</summary>
internal static class TrialRunner
{
    public static IReadOnlyList<Finding> Run(ITrial trial, TrialPlace place)
    {
        long start = Stopwatch.GetTimestamp();
        var findings = new List<Finding>();
        try
        {
            findings.AddRange(trial.Run(place.Enter(trial.Name)));
        }
        catch (Exception exception)
        {
            place.Log(exception.ToString());
            findings.Add(new Finding(trial.Name, trial.Must, $"the trial ended in {exception.GetType().Name}: {exception.Message}", false));
        }

        foreach (Finding finding in findings)
        {
            place.Log(FormattableString.Invariant($"{finding.Trial}: {finding.Passed switch { true => "passed", false => "FAILED", null => "not possible here" }} - {finding.Seen}"));
        }

        place.Log(FormattableString.Invariant($"{trial.Name}: {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"));
        return findings;
    }
}
