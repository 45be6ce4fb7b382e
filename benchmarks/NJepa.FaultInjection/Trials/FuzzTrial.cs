using System.Text.Json;
using NJepa.FaultInjection.Fuzzing;
using NJepa.FaultInjection.Runs;
using NJepa.FaultInjection.Workers;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>Files come from disks, networks and other people: no content may hang, crash or exhaust the process that reads it. Reading happens in a worker, as a crash would end it.</summary>
internal sealed class FuzzTrial : ITrial
{
    private const long AllowedBytes = 16 << 20;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public string Name => "fuzz";

    public string Must => "no hang, no crash, no exception but the documented one; at most 16 MB allocated by any";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        RunSettings settings = context.Settings("seed", 20) with { EverySteps = null };
        LocalRun.Resume(settings);
        string checkpoint = new CheckpointStore(settings.Output).List()[0].Folder;
        int count = context.Count(100_000, 6_000);
        using var worker = new WorkerProcess(new WorkerOrder(Fuzz: new FuzzOrder(context.Seed, count, checkpoint)));
        while (!worker.Wait(TimeSpan.FromMilliseconds(100)))
        {
            if (DateTime.UtcNow - worker.LastOutput > Hang)
            {
                worker.Kill();
                return [new Finding(Name, Must, FormattableString.Invariant($"hangs: no answer for {Hang.TotalSeconds} s after '{worker.LastLine}' with seed {context.Seed}"), false)];
            }
        }

        return worker.ExitCode == 0
            ? worker.Output.Where(line => line.StartsWith('{')).Select(line => Describe(JsonSerializer.Deserialize<FuzzResult>(line)!))
            : [new Finding(Name, Must, FormattableString.Invariant($"crashed with {worker.ExitCode} after '{worker.LastLine}' with seed {context.Seed}: {worker.Errors}"), false)];
    }

    private Finding Describe(FuzzResult result) => new(
        FormattableString.Invariant($"{Name}: {result.Count} mutations of {result.Kind}"),
        Must,
        FormattableString.Invariant($"{result.Refused} refused with {result.Exception}, {result.Read} still readable; longest {result.LongestMilliseconds:0.0} ms, most memory {result.LargestBytes / 1e6:0.00} MB (of files of up to {result.LargestFile / 1e6:0.00} MB){(result.Wrong.Count == 0 ? "" : "; WRONG: " + string.Join("; ", result.Wrong))}"),
        result.Wrong.Count == 0 && result.LargestBytes <= AllowedBytes && result.Count > 0);
}
