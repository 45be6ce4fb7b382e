using NJepa.FaultInjection.Runs;
using NJepa.FaultInjection.Workers;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>Runs a worker on a disk that fails, and sees what is left.</summary>
internal sealed class DiskCases(TrialContext context, RunSettings whole, RunSettings begun, IReadOnlyDictionary<string, string> outcome)
{
    /// <summary>Stands for the worker's output folder in a script's arguments.</summary>
    public const string Out = "<out>";

    /// <summary>Stands for the folder that what is left is copied to; without it, it stays in the output folder.</summary>
    public const string Copy = "<copy>";

    private int _number;

    /// <summary>The command that runs a shell which may mount; null where there is none.</summary>
    public static string[]? Namespace() => ((string[][])[["unshare", "-Urm"], ["unshare", "-m"]]).FirstOrDefault(command => SystemCommand.Works([.. command, "mount", "-t", "tmpfs", "njepa", "/mnt"]));

    /// <summary>One case.</summary>
    /// <param name="title">What is done.</param>
    /// <param name="must">What must be.</param>
    /// <param name="through">The command that runs the shell; null where the system does not permit it.</param>
    /// <param name="script">Makes the disk fail and runs the worker.</param>
    /// <param name="arguments">The script's arguments.</param>
    /// <param name="policy">What the run does.</param>
    /// <param name="check">Looks at the worker, which has ended.</param>
    /// <param name="freed">Whether room is made while the worker runs.</param>
    public Finding Run(string title, string must, IReadOnlyList<string>? through, string script, string[] arguments, SaveFailurePolicy policy, Action<WorkerProcess, Problems> check, bool freed = false)
    {
        if (through is null)
        {
            return new Finding(title, must, "mounting is not permitted", null);
        }

        string output = Path.Combine(context.Folder, $"case{_number++}"), copy = output + "-copy";
        bool copied = arguments.Contains(Copy);
        Directory.CreateDirectory(output);
        Directory.CreateDirectory(copy);
        if (!copied)
        {
            Folders.Copy(begun.Output, output);
        }

        RunSettings settings = whole with { Output = output, OnFailure = policy, Filler = freed ? Path.Combine(output, "filler") : null, FreeAt = 15 };
        using var worker = new WorkerProcess(new WorkerOrder(settings), [.. through, "bash", "-c", script, "bash", .. arguments.Select(argument => argument switch { Out => output, Copy => copy, _ => argument })]);
        if (DiskTrial.IsImpossible(worker.Finish()))
        {
            return new Finding(title, must, "the system did not permit it: " + worker.Errors, null);
        }

        var problems = new Problems();
        problems.Require(worker.Errors.Contains(output, StringComparison.Ordinal), $"no message names the folder: {worker.Errors}");
        check(worker, problems);

        // Where there is room again.
        RunSettings rest = whole with { Output = copied ? copy : output, EverySteps = null };
        problems.Wrong.AddRange(RunOutcome.Unreadable(rest.Output));
        long step = RunOutcome.Step(rest.Output);
        problems.Require(step >= RunOutcome.Step(begun.Output), $"the newest checkpoint is of step {step}");
        TrainingResult result = LocalRun.Resume(rest);
        problems.Require(result.FirstStep == step && result.Completed, $"the run went on from step {result.FirstStep}");
        problems.Wrong.AddRange(RunOutcome.Differences(rest.Output, outcome));
        problems.Wrong.AddRange(RunOutcome.Leftovers(rest.Output).Select(name => $"{name} is left behind"));
        string message = (worker.Errors.Split('\n').LastOrDefault(line => line.Contains(output, StringComparison.Ordinal)) ?? "none").Replace(context.Folder, "...", StringComparison.Ordinal);
        return new Finding(
            title,
            must,
            FormattableString.Invariant($"exit code {worker.ExitCode} at step {Math.Max(worker.ReportedStep, RunOutcome.Step(begun.Output))}: \"{message}\"; went on from step {step}, byte-equal{problems.Text()}"),
            problems.Wrong.Count == 0);
    }

    /// <summary>The end of a run that could not be saved: told in words, and no crash.</summary>
    public static void RequireFailure(WorkerProcess worker, Problems problems)
    {
        problems.Require(worker.ExitCode == 1, $"exit code {worker.ExitCode}");
        problems.Require(!worker.Errors.Contains("Unhandled exception", StringComparison.Ordinal), $"a crash");
    }
}
