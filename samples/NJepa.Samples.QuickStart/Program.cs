using NJepa.Samples;
using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Running;
using NJepa.Samples.QuickStart.Terminal;
using NJepa.Training;

const int Failed = 1;
const int WronglyCalled = 2;

QuickStartOptions options = CommandLine.Parse(args, out string? error);
if (error is not null)
{
    await Console.Error.WriteLineAsync(error);
    return WronglyCalled;
}

if (options.Help)
{
    Console.Write(CommandLine.Help);
    return 0;
}

using var signals = new TerminationSignals();
var run = new QuickStartRun(options, new ConsoleView());
try
{
    await run.ExecuteAsync(signals.Token);
    return 0;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync(run.WhenCancelled);
    return signals.ExitCode();
}
catch (Exception exception) when (ExpectedErrors.Includes(exception))
{
    await Console.Error.WriteLineAsync(ExpectedErrors.OneLine(exception));
    return Failed;
}
