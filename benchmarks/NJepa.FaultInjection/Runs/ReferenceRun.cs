using NJepa.FaultInjection.Workers;

namespace NJepa.FaultInjection.Runs;

/// <summary>A run of a process that nothing happened to: its outcome, and how long each part of it took.</summary>
internal sealed record ReferenceRun(IReadOnlyDictionary<string, string> Outcome, TimeSpan Start, TimeSpan Training, int Steps)
{
    public static ReferenceRun Of(RunSettings settings)
    {
        using var worker = new WorkerProcess(new WorkerOrder(settings));
        if (worker.Finish() != 0)
        {
            throw new InvalidOperationException($"The run that nothing happens to ended with {worker.ExitCode}: {worker.Errors}");
        }

        TimeSpan start = worker.TrainingSince ?? worker.Age;
        return new ReferenceRun(RunOutcome.Of(settings.Output), start, worker.Age - start, settings.Steps);
    }

    /// <summary>A moment, drawn uniformly from the life of a process that goes on from a step.</summary>
    public TimeSpan Moment(Random random, long step) => random.NextDouble() * (Start + (Training * (1 - ((double)step / Steps))));
}
