using System.Text.Json;
using NJepa.Data;
using NJepa.FaultInjection.Fuzzing;
using NJepa.FaultInjection.Runs;
using NJepa.Models;
using NJepa.Training;
using TorchSharp;

namespace NJepa.FaultInjection.Workers;

/// <summary>The other process: a training program as one is written, which says on its output how far it is.</summary>
internal static class Worker
{
    /// <summary>Threads of libtorch: more cost time where tensors are this small.</summary>
    public const int Threads = 1;
    public const string Training = "training";
    public const string Step = "step";
    public const string Memory = "memory";
    public const string Ended = "ended";

    public static int Serve(string order, TextWriter output, TextWriter log)
    {
        WorkerOrder work = JsonSerializer.Deserialize<WorkerOrder>(order)!;
        return work.Fuzz is { } fuzz ? FuzzRun.Serve(fuzz, output) : Train(work.Run!, output, log);
    }

    private static int Train(RunSettings settings, TextWriter output, TextWriter log)
    {
        using var signals = new TerminationSignals();
        NJepaRuntime.EnsureLoaded();
        torch.set_num_threads(Threads);
        using JepaModel model = RunSettings.Model();
        try
        {
            using var trainer = new JepaTrainer(model, settings.Source(), settings.Options(), new ErrorLog(log));
            output.WriteLine(Training);
            TrainingResult result = trainer.ResumeAsync(new ResumeOptions { StartIfNone = true }, new Reporter(settings, output), signals.Token).GetAwaiter().GetResult();
            output.WriteLine(FormattableString.Invariant($"{Ended} {result.FirstStep} {result.Steps} {result.Completed}"));
            return signals.ExitCode(result);
        }
        catch (Exception exception) when (exception is TrainingException or ImageSourceException or TooManyBadImagesException)
        {
            log.WriteLine(exception.Message);
            return 1;
        }
    }

    private sealed class Reporter(RunSettings settings, TextWriter output) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            output.WriteLine(FormattableString.Invariant($"{Step} {value.Step}"));
            if (settings.MeasureAt.Contains(value.Step))
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                GC.WaitForPendingFinalizers();
                NJepaRuntime.ReleaseFreeMemory();
                output.WriteLine(FormattableString.Invariant($"{Memory} {value.Step} {torch.Tensor.TotalCount} {Environment.WorkingSet}"));
            }

            if (settings.Filler is { } filler && value.Step >= settings.FreeAt)
            {
                File.Delete(filler);
            }
        }
    }
}
