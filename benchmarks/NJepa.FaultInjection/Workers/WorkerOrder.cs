using NJepa.FaultInjection.Runs;

namespace NJepa.FaultInjection.Workers;

/// <summary>What a worker process does: one of the two.</summary>
/// <param name="Run">Goes on with this run, or starts it.</param>
/// <param name="Fuzz">Reads this many mutated files.</param>
internal sealed record WorkerOrder(RunSettings? Run = null, FuzzOrder? Fuzz = null);
