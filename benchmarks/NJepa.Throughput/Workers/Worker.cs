using System.Diagnostics;
using System.Text.Json;
using NJepa.Models;
using NJepa.Throughput.Options;
using TorchSharp;

namespace NJepa.Throughput.Workers;

/// <summary>
/// A process that trains one thing and answers requests: NJepa and its peer each have their own, so that memory is that of one of them and neither finds the other's settings.
/// The parent asks them in turn.
/// </summary>
internal static class Worker
{
    public static int Serve(string order, TextReader requests, TextWriter answers)
    {
        void Answer(WorkerAnswer answer)
        {
            answers.WriteLine(JsonSerializer.Serialize(answer));
            answers.Flush();
        }

        try
        {
            (WorkerKind kind, ThroughputCase work) = JsonSerializer.Deserialize<WorkerOrder>(order)!;
            NJepaRuntime.EnsureLoaded();
            torch.set_num_threads(work.Threads);
            torch.Device device = NJepaRuntime.ResolveDevice(work.Device);
            using IStepper stepper = kind == WorkerKind.NJepa ? new NJepaStepper(work, device) : new PeerStepper(work, device);
            var clock = new PhaseClock(device);
            Answer(new WorkerAnswer());
            while (requests.ReadLine() is { } line && JsonSerializer.Deserialize<WorkerRequest>(line)! is { Verb: not "exit" } request)
            {
                Answer(Do(request, stepper, clock, work, device));
            }

            return 0;
        }
        catch (Exception exception)
        {
            Answer(new WorkerAnswer { Error = exception.Message });
            return 1;
        }
    }

    private static WorkerAnswer Steps(int count, IStepper stepper, PhaseClock clock)
    {
        var phases = new Dictionary<string, double>();
        double operations = 0, total = 0;
        for (int i = 0; i < count; i++)
        {
            operations += stepper.Step(clock) / count;
            total += clock.Total / count;
            foreach ((string phase, double time) in clock.Phases)
            {
                phases[phase] = phases.GetValueOrDefault(phase) + (time / count);
            }
        }

        return new WorkerAnswer { Milliseconds = total, Phases = phases, GigaOperations = operations };
    }

    private static WorkerAnswer Do(WorkerRequest request, IStepper stepper, PhaseClock clock, ThroughputCase work, torch.Device device)
    {
        switch (request.Verb)
        {
            case "step":
                return Steps(request.Count, stepper, clock);
            case "rate":
                return new WorkerAnswer { GigaPerSecond = MatrixRate.Measure(work.Precision, device) };
            case "run":
                long start = Stopwatch.GetTimestamp();
                TimeSpan waited = stepper.Run(request.Count), passed = Stopwatch.GetElapsedTime(start);
                return new WorkerAnswer { Milliseconds = passed.TotalMilliseconds / request.Count, LoadShare = waited / passed };
            case "state":
                // Garbage and the pages that the collector keeps for later are not what a run needs.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                GC.WaitForPendingFinalizers();

                // As the trainer does with each report; between two, memory follows the lengths of the last steps' sequences.
                NJepaRuntime.ReleaseFreeMemory();
                using (var process = Process.GetCurrentProcess())
                {
                    return new WorkerAnswer { Tensors = torch.Tensor.TotalCount, MemoryMegabytes = process.WorkingSet64 / 1e6, PeakMegabytes = process.PeakWorkingSet64 / 1e6 };
                }

            default:
                throw new ArgumentException($"'{request.Verb}' is no request.");
        }
    }
}
