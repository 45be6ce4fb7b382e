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
        long steps = options.Scale.Steps(images.Pretraining.Count);
        _console.MarkupLineInterpolated($"  [grey]runs   [/] {runs} of {steps:N0} steps each ({options.Seeds.Count} seeds, {options.LearningRates.Count} learning rates); {done} are done already");
        _console.MarkupLineInterpolated($"  [grey]output [/] {Path.GetFullPath(options.Output)}");
    }

    public void Step(string text) => _console.MarkupLineInterpolated($"[deepskyblue3]>[/] [bold]{text}[/]");

    /// <summary>Says which runs another process is working on.</summary>
    public void Waiting(IReadOnlyList<RunKey> keys)
    {
        Step(keys.Count == 1 ? "Waiting for a run that another process is working on; stopping here loses nothing" : $"Waiting for {keys.Count} runs that another process is working on; stopping here loses nothing");
        foreach (RunKey key in keys)
        {
            _console.MarkupLineInterpolated($"  [grey]{key.Folder}[/]");
        }
    }

    /// <summary>Trains, or only judges what is trained, and shows how far it is.</summary>
    public async Task<RunResult> TrackAsync(int number, int count, Arm arm, RunKey key, bool isTrained, Func<IProgress<TrainingProgress>, Task<RunResult>> train)
    {
        Step(string.Create(CultureInfo.InvariantCulture, $"Run {number} of {count}: {arm.Name}, seed {key.Seed}, learning rate {key.LearningRate}{(isTrained ? ", trained already: its encoders are judged again" : "")}"));
        return await _console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("  starting");
            RunResult result = await train(new SynchronousProgress<TrainingProgress>(report => Show(task, report))).ConfigureAwait(false);
            task.Value = task.MaxValue;
            return result;
        }).ConfigureAwait(false);
    }

    public void Result(RunResult result, ProbedEncoder encoder)
    {
        EncoderResult judged = encoder == ProbedEncoder.Student ? result.Student : result.Teacher;
        _console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"  kNN {100 * judged.NearestNeighbours.Accuracy:0.0} %, linear probe {100 * judged.LinearProbe.Accuracy:0.0} %, RankMe {judged.Collapse?.RankMe:0.0} of {judged.Collapse?.Width}{(result.TrainingSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", {seconds / 60:0.0} minutes") : "")}");
    }

    public void Files(IReadOnlyList<(string Name, string What)> files)
    {
        int width = files.Max(file => file.Name.Length);
        foreach ((string name, string what) in files)
        {
            _console.MarkupLineInterpolated($"  {name.PadRight(width)}  [grey]{what}[/]");
        }
    }

    private static void Show(ProgressTask task, TrainingProgress report)
    {
        task.Description = string.Create(CultureInfo.InvariantCulture, $"  epoch {report.Epoch} of {report.Epochs}, loss {report.Losses.Total:0.0000}, {report.ImagesPerSecond:0} images/s");
        task.MaxValue = report.TotalSteps;
        task.Value = report.Step;
    }
}
