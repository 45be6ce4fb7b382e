using System.CommandLine;
using Microsoft.ML.OnnxRuntime;
using NJepa.Data;
using NJepa.Samples.OnnxInference.Options;

namespace NJepa.Samples.OnnxInference;

/// <summary>Labels images, or finds similar ones, with a model that NJepa has exported: on ONNX Runtime, without TorchSharp.</summary>
internal static class Program
{
    private const int Failed = 1;
    private const int WronglyCalled = 2;

    private static int Main(string[] arguments) => Run(arguments, Console.Out, Console.Error);

    /// <summary>The program; results go to <paramref name="output"/>, warnings and errors to <paramref name="log"/>.</summary>
    /// <returns>The exit code: 0, 1 when it could not do it, or 2 for a command line that is not understood.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter log)
    {
        ParseResult parsed = InferenceCommand.Create(output, log).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            log.WriteLine($"{string.Join(" ", parsed.Errors.Select(error => error.Message))} Run with --help to see all options.");
            return WronglyCalled;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = log, EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (exception is SampleException or ImageSourceException or TooManyBadImagesException or OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            log.WriteLine(string.Join(' ', exception.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
            return Failed;
        }
    }
}
