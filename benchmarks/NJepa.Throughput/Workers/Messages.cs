using NJepa.Throughput.Options;

namespace NJepa.Throughput.Workers;

/// <summary>What a worker process measures.</summary>
internal enum WorkerKind
{
    NJepa,
    Peer,
}

/// <summary>What the worker is asked for, one line of JSON each.</summary>
/// <param name="Verb">step, rate, run, state or exit.</param>
/// <param name="Count">Steps, of a run or one after the other.</param>
internal sealed record WorkerRequest(string Verb, int Count = 1);

/// <summary>What it answers; only what was asked for is set.</summary>
internal sealed record WorkerAnswer
{
    /// <summary>Milliseconds of a step, on average.</summary>
    public double Milliseconds { get; init; }

    /// <summary>Milliseconds of each phase.</summary>
    public Dictionary<string, double> Phases { get; init; } = [];

    /// <summary>GFLOP that a step needed (NJepa alone).</summary>
    public double GigaOperations { get; init; }

    /// <summary>GFLOP/s of a large matrix product.</summary>
    public double GigaPerSecond { get; init; }

    /// <summary>Share of a run that was spent waiting for images.</summary>
    public double LoadShare { get; init; }

    /// <summary>Live tensors of TorchSharp.</summary>
    public long Tensors { get; init; }

    /// <summary>Resident memory, MB.</summary>
    public double MemoryMegabytes { get; init; }

    /// <summary>Largest resident memory so far, MB.</summary>
    public double PeakMegabytes { get; init; }

    /// <summary>Why there is no answer.</summary>
    public string? Error { get; init; }
}

/// <summary>What a worker is started with.</summary>
internal sealed record WorkerOrder(WorkerKind Kind, ThroughputCase Case);
