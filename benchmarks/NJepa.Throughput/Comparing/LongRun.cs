using NJepa.Throughput.Options;
using NJepa.Throughput.Workers;

namespace NJepa.Throughput.Comparing;

/// <summary>Live tensors and resident memory early and late in a run with loading.</summary>
internal static class LongRun
{
    private const int Early = 50;

    public static string Measure(ThroughputCase work, int steps)
    {
        using var worker = new WorkerProcess(WorkerKind.NJepa, work);
        worker.Ask("run", Early);
        WorkerAnswer early = worker.Ask("state");
        worker.Ask("run", steps - Early);
        WorkerAnswer late = worker.Ask("state");
        return FormattableString.Invariant(
            $"{work.Encoder.Title}, batch {work.Batch}, {work.Precision}: {early.Tensors} live tensors and {early.MemoryMegabytes:0.0} MB after step {Early}; {late.Tensors} and {late.MemoryMegabytes:0.0} MB ({late.MemoryMegabytes / early.MemoryMegabytes - 1:+0.00%;-0.00%}) after step {steps}.");
    }
}
