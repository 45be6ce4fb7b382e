using System.Globalization;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Tables;
using NJepa.Training;
using Spectre.Console;

namespace NJepa.Samples.Ablation.Terminal;

/// <summary>All that the program says: progress in place on a terminal, plain lines into a file.</summary>
internal sealed class AblationView
{
    private readonly IAnsiConsole _console;

    public AblationView(IAnsiConsole console)
    {
        _console = console;
        if (Console.IsOutputRedirected)
        {
            // A file has no width: do not break its lines at column 80.
            _console.Profile.Width = 240;
        }
    }

    public void Tables()
    {
        foreach (AblationTable table in TableList.All)
        {
            _console.MarkupLineInterpolated($"[bold]{table.Name}[/]  {table.Title} [grey]({table.Source})[/]");
            _console.MarkupLineInterpolated($"    [grey]{string.Join("; ", table.Arms.Select(arm => arm.Name))}[/]");
        }
    }

    public void Plan(AblationOptions options, AblationImages images, IReadOnlyList<AblationTable> tables, int runs, int done)
    {
        _console.MarkupLineInterpolated($"[bold]N-JEPA ablations[/]  {string.Join(", ", tables.Select(table => table.Name))}");
        _console.MarkupLineInterpolated($"  [grey]images [/] {images.Pretraining.Count:N0} to pretrain on, {images.ProbeTraining.Count:N0} labelled for probes, {images.Test.Count:N0} to test on ({images.TestNote}), {images.Test.ClassNames.Count} classes");
        _console.MarkupLineInterpolated($"  [grey]network[/] {options.Scale.Encoder()}");
        long steps = (long)options.Scale.Epochs * (images.Pretraining.Count / Math.Min(options.Scale.BatchSize, images.Pretraining.Count));
        _console.MarkupLineInterpolated($"  [grey]runs   [/] {runs} of {steps:N0} steps each ({options.Seeds.Count} seeds, {options.LearningRates.Count} learning rates); {done} are done already");
        _console.MarkupLineInterpolated($"  [grey]output [/] {Path.GetFullPath(options.Output)}");
    }

    public void Step(string text) => _console.MarkupLineInterpolated($"[deepskyblue3]>[/] [bold]{text}[/]");

    /// <summary>Trains and shows how far it is.</summary>
    public async Task<RunResult> TrackAsync(int number, int count, Arm arm, RunKey key, Func<IProgress<TrainingProgress>, Task<RunResult>> train)
    {
        Step(string.Create(CultureInfo.InvariantCulture, $"Run {number} of {count}: {arm.Name}, seed {key.Seed}, learning rate {key.LearningRate}"));
        return await _console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("  starting");
            RunResult result = await train(new Shown(task)).ConfigureAwait(false);
            task.Value = task.MaxValue;
            return result;
        }).ConfigureAwait(false);
    }

    public void Result(RunResult result, EvaluatedEncoder encoder)
    {
        EncoderResult judged = encoder == EvaluatedEncoder.Student ? result.Student : result.Teacher;
        _console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"  kNN {100 * judged.NearestNeighbours.Accuracy:0.0} %, linear probe {100 * judged.LinearProbe.Accuracy:0.0} %, RankMe {judged.Collapse?.RankMe:0.0} of {judged.Collapse?.Width}, {result.TrainingSeconds / 60:0.0} minutes");
    }

    public void Files(IReadOnlyList<(string Name, string What)> files)
    {
        int width = files.Max(file => file.Name.Length);
        foreach ((string name, string what) in files)
        {
            _console.MarkupLineInterpolated($"  {name.PadRight(width)}  [grey]{what}[/]");
        }
    }

    /// <summary>Handles reports where they are made, in their order.</summary>
    private sealed class Shown(ProgressTask task) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            task.Description = string.Create(CultureInfo.InvariantCulture, $"  epoch {value.Epoch} of {value.Epochs}, loss {value.Losses.Total:0.0000}, {value.ImagesPerSecond:0} images/s");
            task.MaxValue = value.TotalSteps;
            task.Value = value.Step;
        }
    }
}
