using NJepa.Throughput.Options;
using NJepa.Throughput.Workers;

namespace NJepa.Throughput.Comparing;

/// <summary>What was measured of one case. Times are medians of turns; ratios are medians of the ratios of neighbouring turns.</summary>
internal sealed record Comparison(ThroughputCase Case)
{
    private const int WarmUp = 1;

    public required Samples Ours { get; init; }

    public Samples? Peer { get; init; }

    /// <summary>Peer over NJepa, step by step.</summary>
    public double Ratio => Median.Of(Ours.Steps.Zip(Peer?.Steps ?? [], (ours, peer) => peer / ours));

    /// <summary>Peer over NJepa: optimizer, clearing gradients and EMA.</summary>
    public double UpdateRatio => Median.Of(Ours.Updates.Zip(Peer?.Updates ?? [], (ours, peer) => peer / ours));

    /// <summary>Peer over NJepa with loading.</summary>
    public double RunRatio => Ours.Run > 0 && Peer is { Run: > 0 } ? Peer.Run / Ours.Run : double.NaN;

    /// <summary>GFLOP/s of the step over the rate of a large product that was measured right after it.</summary>
    public double RateShare => Median.Of(Ours.Rates.Zip(Ours.StepRates, (product, step) => step / product));

    /// <summary>Asks NJepa and its peer for a few steps in turn.</summary>
    public static Comparison Measure(ThroughputCase work, ThroughputOptions options, Action<string> log)
    {
        log($"{work.Encoder.Title}, batch {work.Batch}, {work.Precision}: starting");
        using var ours = new WorkerProcess(WorkerKind.NJepa, work);
        using WorkerProcess? peer = options.Peer ? new WorkerProcess(WorkerKind.Peer, work) : null;
        var own = new Samples();
        Samples? other = peer is null ? null : new Samples();
        for (int step = 0; step < WarmUp + options.Turns; step++)
        {
            WorkerAnswer answer = ours.Ask("step", options.Turn), rate = ours.Ask("rate");
            WorkerAnswer? peerAnswer = peer?.Ask("step", options.Turn);
            if (step >= WarmUp)
            {
                own.Add(answer, rate.GigaPerSecond);
                other?.Add(peerAnswer!, 0);
                log(FormattableString.Invariant($"  turn {step - WarmUp + 1}/{options.Turns}: {answer.Milliseconds:0.0} ms a step") + (peerAnswer is null ? "" : FormattableString.Invariant($", peer {peerAnswer.Milliseconds:0.0} ms")));
            }
        }

        own.End(ours, options.Run);
        other?.End(peer!, options.Run);
        return new Comparison(work) { Ours = own, Peer = other };
    }
}

/// <summary>The measurements of one side.</summary>
internal sealed class Samples
{
    // The peer's optimizer clears gradients where it has to, inside these phases as well.
    private static readonly string[] UpdatePhases = ["optimizer", "zeroing", "average"];

    public List<double> Steps { get; } = [];

    public List<double> Updates { get; } = [];

    public List<double> Rates { get; } = [];

    public List<double> StepRates { get; } = [];

    public Dictionary<string, List<double>> Phases { get; } = [];

    /// <summary>Milliseconds per step with loading; 0 where that was not measured.</summary>
    public double Run { get; private set; }

    public double LoadShare { get; private set; }

    public long Tensors { get; private set; }

    public double PeakMegabytes { get; private set; }

    public double Milliseconds => Median.Of(Steps);

    public void Add(WorkerAnswer answer, double rate)
    {
        Steps.Add(answer.Milliseconds);
        Updates.Add(UpdatePhases.Sum(phase => answer.Phases.GetValueOrDefault(phase)));
        Rates.Add(rate);
        StepRates.Add(answer.GigaOperations / answer.Milliseconds * 1e3);
        foreach ((string phase, double time) in answer.Phases)
        {
            (Phases.TryGetValue(phase, out List<double>? times) ? times : Phases[phase] = []).Add(time);
        }
    }

    public void End(WorkerProcess worker, int run)
    {
        WorkerAnswer state = worker.Ask("state");
        (Tensors, PeakMegabytes) = (state.Tensors, state.PeakMegabytes);
        if (run > 0)
        {
            WorkerAnswer answer = worker.Ask("run", run);
            (Run, LoadShare) = (answer.Milliseconds, answer.LoadShare);
            Phases["load"] = [Run * LoadShare];
        }
    }
}

internal static class Median
{
    /// <summary>The median; not a number where there are no values.</summary>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
