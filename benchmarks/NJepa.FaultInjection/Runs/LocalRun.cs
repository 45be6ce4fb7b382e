using Microsoft.Extensions.Logging;
using NJepa.Data;
using NJepa.Models;
using NJepa.Training;

namespace NJepa.FaultInjection.Runs;

/// <summary>Runs in this process.</summary>
internal static class LocalRun
{
    /// <summary>Goes on with a run, or starts it, up to a step or to the end.</summary>
    public static TrainingResult Resume(RunSettings settings, long? until = null, IImageSource? images = null, ILogger? logger = null)
    {
        // Without loader threads the images of a step are read just before it: the run can be stopped at an exact step.
        RunSettings exact = until is null ? settings : settings with { LoaderThreads = 0 };
        using JepaModel model = RunSettings.Model();
        using var cancel = new CancellationTokenSource();
        IImageSource source = images ?? settings.Source();
        var stopping = new StoppingSource(source, RunSettings.BatchSize, until, cancel);
        using var trainer = new JepaTrainer(model, until is null ? source : stopping, exact.Options(), logger);
        stopping.Start = () => trainer.CompletedSteps;
        return trainer.ResumeAsync(new ResumeOptions { StartIfNone = true }, null, cancel.Token).GetAwaiter().GetResult();
    }
}
