using System.CommandLine;
using NJepa.Samples;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Terminal;
using NJepa.Training;
using Spectre.Console;

const int Failed = 1;
const int WronglyCalled = 2;

var view = new AblationView(AnsiConsole.Console);
RootCommand command = AblationCommand.Create(async (options, _) =>
{
    if (options.List)
    {
        view.Tables();
        return 0;
    }

    using var signals = new TerminationSignals();
    try
    {
        await new AblationRun(options, view).ExecuteAsync(signals.Token);
        return 0;
    }
    catch (OperationCanceledException)
    {
        await Console.Error.WriteLineAsync("Stopped; what was trained is saved, and the same command goes on with it.");
        return signals.ExitCode();
    }
    catch (Exception exception) when (ExpectedErrors.Includes(exception))
    {
        await Console.Error.WriteLineAsync(ExpectedErrors.OneLine(exception));
        return Failed;
    }
});
ParseResult parsed = command.Parse(args);
return parsed.Errors.Count > 0 ? await Complain(parsed) : await parsed.InvokeAsync(new InvocationConfiguration
{
    // A run that is stopped finishes its step and saves itself, however long that takes; the library would end the process after two seconds.
    ProcessTerminationTimeout = null,
    EnableDefaultExceptionHandler = false,
});

static async Task<int> Complain(ParseResult parsed)
{
    await Console.Error.WriteLineAsync($"{string.Join(" ", parsed.Errors.Select(error => error.Message))} Run with --help to see all options.");
    return WronglyCalled;
}
