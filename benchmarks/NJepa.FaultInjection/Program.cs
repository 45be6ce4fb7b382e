using NJepa.FaultInjection.Options;
using NJepa.FaultInjection.Trials;
using NJepa.FaultInjection.Workers;
using NJepa.Models;
using TorchSharp;

namespace NJepa.FaultInjection;

/// <summary>Makes everything that can go wrong in a run go wrong, and shows what is left.</summary>
internal static class Program
{
    private static int Main(string[] arguments) => arguments is [WorkerProcess.Verb, string order]
        ? Worker.Serve(order, Console.Out, Console.Error)
        : Run(arguments, Console.Out, Console.Error);

    /// <summary>The program; the table goes to <paramref name="output"/>, progress and errors to <paramref name="log"/>.</summary>
    /// <returns>The exit code: 0, or 1 if a trial failed, or 2 for a command line that is not understood.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter log)
    {
        try
        {
            FaultOptions options = FaultOptions.Parse(arguments);
            if (options.ShowHelp)
            {
                output.WriteLine(FaultOptions.Help);
                return 0;
            }

            IReadOnlyList<ITrial> trials = [.. TrialList.All.Where(trial => options.Only.Contains(trial.Name))];
            if (options.ShowList)
            {
                output.Write(FindingTable.List(trials));
                return 0;
            }

            return Run(trials, options, output, log);
        }
        catch (ArgumentException exception)
        {
            log.WriteLine(exception.Message);
            return 2;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.WriteLine(exception.Message);
            return 1;
        }
    }

    private static int Run(IReadOnlyList<ITrial> trials, FaultOptions options, TextWriter output, TextWriter log)
    {
        // As in the workers: a run is the same, bit for bit, only with the same number of threads.
        NJepaRuntime.EnsureLoaded();
        torch.set_num_threads(Worker.Threads);
        var findings = new List<Finding>();
        using (var place = new TrialPlace(options, log.WriteLine))
        {
            foreach (ITrial trial in trials)
            {
                findings.AddRange(TrialRunner.Run(trial, place));
            }
        }

        string table = FindingTable.Write(findings);
        output.Write(table);
        if (options.Output is { } file)
        {
            File.WriteAllText(file, table);
        }

        return findings.Exists(finding => finding.Passed == false) ? 1 : 0;
    }
}
