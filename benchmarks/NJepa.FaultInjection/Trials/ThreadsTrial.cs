using System.Security.Cryptography;
using System.Runtime.InteropServices;
using NJepa.Data;
using NJepa.FaultInjection.Runs;

namespace NJepa.FaultInjection.Trials;

/// <summary>The number of threads that load images changes when a batch is ready, and nothing else.</summary>
internal sealed class ThreadsTrial : ITrial
{
    private static readonly int[] Threads = [0, 1, 2, 8];

    public string Name => "threads";

    public string Must => "identical batches; final weights byte-equal";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        int steps = context.Count(200, 30);
        string? batches = null;
        IReadOnlyDictionary<string, string>? outcome = null;
        var problems = new Problems();
        foreach (int threads in Threads)
        {
            RunSettings settings = context.Settings($"threads{threads}", steps) with { LoaderThreads = threads, EverySteps = null };
            string found = Batches(settings);
            batches ??= found;
            problems.Require(found == batches, $"batches of {threads} threads differ");
            LocalRun.Resume(settings);
            outcome ??= RunOutcome.Of(settings.Output);
            problems.Wrong.AddRange(RunOutcome.Differences(settings.Output, outcome).Select(text => FormattableString.Invariant($"{threads} threads: {text}")));
        }

        yield return new Finding(
            $"{Name}: {string.Join(", ", Threads)} loader threads",
            Must,
            FormattableString.Invariant($"{steps} batches (places, labels, pixels) and a run of {steps} steps for each: {(problems.Wrong.Count == 0 ? "all equal" : "not equal")}{problems.Text()}"),
            problems.Wrong.Count == 0);
    }

    private static string Batches(RunSettings settings)
    {
        var options = new ImageLoaderOptions { BatchSize = RunSettings.BatchSize, Seed = settings.Seed, Threads = settings.LoaderThreads };
        using var loader = new ImageLoader(settings.Source(), new TrainingAugmentation { ImageSize = RunSettings.ImageSize, HorizontalFlip = true }, options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ImageBatch batch in loader.Steps(0, settings.Steps))
        {
            using (batch)
            {
                hash.AppendData(MemoryMarshal.AsBytes<int>(batch.Indices));
                hash.AppendData(MemoryMarshal.AsBytes<int>(batch.Labels));
                hash.AppendData(batch.Pixels);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
