using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NJepa.Models;

namespace NJepa.OnnxSpeed;

/// <summary>Measures an exported encoder on ONNX Runtime beside the encoder itself on TorchSharp: the time to the first result of a new process, and images per second.</summary>
internal static class Program
{
    private static int Main(string[] arguments) => arguments is [Worker.Verb, string order]
        ? Worker.Serve(order, Console.Out)
        : Run(arguments, Console.Out, Console.Error);

    /// <summary>The program; the table goes to <paramref name="output"/>, progress and errors to <paramref name="log"/>.</summary>
    /// <returns>The exit code: 0, or 2 for a command line that is not understood, or 1.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter log)
    {
        var model = new Option<string>("--model") { Description = "nano, tiny, small or base", DefaultValueFactory = _ => "small" };
        model.AcceptOnlyFromAmong("nano", "tiny", "small", "base");
        Option<int> imageSize = Number("--image-size", 0, 0, "side of the images in pixels; 0 for the network's own");
        Option<int> patchSize = Number("--patch-size", 0, 0, "side of a patch in pixels; 0 for the network's own");
        Option<int> batchSize = Number("--batch-size", 16, 1, "images at once");
        Option<int> images = Number("--images", 64, 1, "images to time in each process");
        Option<int> turns = Number("--turns", 5, 1, "processes of each kind");
        Option<int> threads = Number("--threads", 0, 0, "threads of both runtimes; 0 for their own choice");
        var command = new RootCommand("Measures an exported encoder on ONNX Runtime beside the encoder on TorchSharp, on the same random weights and pixels.") { model, imageSize, patchSize, batchSize, images, turns, threads };
        int exitCode = 0;
        command.SetAction(parsed =>
        {
            ViT network = parsed.GetValue(model) switch
            {
                "nano" => ViT.Nano4,
                "tiny" => ViT.Tiny16,
                "base" => ViT.Base16,
                _ => ViT.Small16,
            };
            network = network with
            {
                ImageSize = parsed.GetValue(imageSize) is > 0 and int side ? side : network.ImageSize,
                PatchSize = parsed.GetValue(patchSize) is > 0 and int patch ? patch : network.PatchSize,
            };
            if (network.Validate() is [string error, ..])
            {
                log.WriteLine(error);
                exitCode = 2;
                return;
            }

            output.Write(Comparison.Measure(new SpeedOptions(network, parsed.GetValue(batchSize), parsed.GetValue(images), parsed.GetValue(turns), parsed.GetValue(threads)), log));
        });
        ParseResult result = command.Parse(arguments);
        if (result.Errors.Count > 0)
        {
            log.WriteLine($"{string.Join(" ", result.Errors.Select(error => error.Message))} Run with --help to see all options.");
            return 2;
        }

        try
        {
            result.Invoke(new InvocationConfiguration { Output = output, Error = log, EnableDefaultExceptionHandler = false });
            return exitCode;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException or NativeRuntimeException)
        {
            log.WriteLine(exception.Message);
            return 1;
        }
    }

    private static Option<int> Number(string name, int value, int least, string description)
    {
        return new Option<int>(name)
        {
            Description = description,
            DefaultValueFactory = _ => value,
            CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least ? number : Refuse(result),
        };

        int Refuse(ArgumentResult result)
        {
            result.AddError(FormattableString.Invariant($"{name} is '{result.Tokens[0].Value}'; it must be a whole number of at least {least}."));
            return value;
        }
    }
}
