using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Running;
using NJepa.Samples.QuickStart.Terminal;

const int Failed = 1;
const int WronglyCalled = 2;
const int Cancelled = 130;

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

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    // The first time the run ends in good order; whoever asks again wants it gone.
    pressed.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
};

var run = new QuickStartRun(options, new ConsoleView());
try
{
    await run.ExecuteAsync(cancellation.Token);
    return 0;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync(run.WhenCancelled);
    return Cancelled;
}
catch (Exception exception) when (ExpectedErrors.Includes(exception))
{
    await Console.Error.WriteLineAsync(ExpectedErrors.OneLine(exception));
    return Failed;
}
