using NJepa.Models;
using NJepa.Throughput.Comparing;
using NJepa.Throughput.Options;
using NJepa.Throughput.Workers;

namespace NJepa.Throughput;

/// <summary>Measures training steps of NJepa beside a peer of stock TorchSharp.</summary>
internal static class Program
{
    private static int Main(string[] arguments) => arguments is [WorkerProcess.Verb, string order]
        ? Worker.Serve(order, Console.In, Console.Out)
        : Run(arguments, Console.Out, Console.Error);

    /// <summary>The program; tables go to <paramref name="output"/>, progress and errors to <paramref name="log"/>.</summary>
    /// <returns>The exit code: 0, or 2 for a command line that is not understood, or 1.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter log)
    {
        try
        {
            ThroughputOptions options = ThroughputOptions.Parse(arguments);
            if (options.ShowHelp)
            {
                output.WriteLine(ThroughputOptions.Help);
                return 0;
            }

            using SampleJpegs? drawn = options.Images is null ? new SampleJpegs() : null;
            string tables = Measure(options, options.Images ?? drawn!.Folder, log);
            output.Write(tables);
            if (options.Output is { } file)
            {
                File.WriteAllText(file, tables);
            }

            return 0;
        }
        catch (ArgumentException exception)
        {
            log.WriteLine(exception.Message);
            return 2;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException or NativeRuntimeException)
        {
            log.WriteLine(exception.Message);
            return 1;
        }
    }

    private static string Measure(ThroughputOptions options, string images, TextWriter log)
    {
        if (options.Long > 0)
        {
            return string.Join(Environment.NewLine, options.Cases(images).Select(work => LongRun.Measure(work, options.Long))) + Environment.NewLine;
        }

        return ThroughputReport.Write([.. options.Cases(images).Select(work => Comparison.Measure(work, options, log.WriteLine))], options);
    }
}
