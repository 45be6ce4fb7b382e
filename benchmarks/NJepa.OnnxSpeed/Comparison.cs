using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NJepa.Models;
using NJepa.Onnx;

namespace NJepa.OnnxSpeed;

/// <summary>Runs the processes in turn, so that what else the machine does meets each kind alike.</summary>
internal static class Comparison
{
    private static readonly string[] Kinds = [Work.Torch, Work.Onnx, Work.OnnxHalf];

    /// <summary>Measures.</summary>
    /// <returns>The table, as Markdown.</returns>
    /// <exception cref="InvalidOperationException">A process failed, or the runtimes disagree.</exception>
    public static string Measure(SpeedOptions options, TextWriter log)
    {
        string folder = Directory.CreateTempSubdirectory("njepa-onnx-speed-").FullName;
        try
        {
            Dictionary<string, string> models = SaveModels(options.Network, folder);
            var turns = Kinds.ToDictionary(kind => kind, _ => new List<Turn>());
            for (int turn = 0; turn < options.Turns; turn++)
            {
                foreach (string kind in Kinds)
                {
                    Turn done = Run(new Work(kind, models[kind], options.Network.ImageSize, options.BatchSize, options.Images, options.Threads));
                    turns[kind].Add(done);
                    log.WriteLine(FormattableString.Invariant($"turn {turn + 1} of {options.Turns}, {kind}: first result after {done.StartUp:F0} ms, then {done.ImagesPerSecond:F1} images/s"));
                }
            }

            return Table(options, turns, models);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, string> SaveModels(ViT network, string folder)
    {
        string safetensors = Path.Combine(folder, "encoder.safetensors"), onnx = Path.Combine(folder, "encoder.onnx"), half = Path.Combine(folder, "encoder-float16.onnx");
        using ViTEncoder encoder = ViTEncoder.Create(network);
        encoder.Save(safetensors);
        var options = new OnnxExportOptions { Input = OnnxInput.UInt8Nhwc, Outputs = OnnxOutputs.Features };
        OnnxExport.Save(encoder, onnx, options);
        OnnxExport.Save(encoder, half, options with { Precision = OnnxPrecision.Float16 });
        return new() { [Work.Torch] = safetensors, [Work.Onnx] = onnx, [Work.OnnxHalf] = half };
    }

    private static Turn Run(Work work)
    {
        string library = typeof(Worker).Assembly.Location, host = Path.ChangeExtension(library, OperatingSystem.IsWindows() ? ".exe" : null), order = JsonSerializer.Serialize(work);
        (string program, string[] arguments) = File.Exists(host) ? (host, (string[])[Worker.Verb, order]) : ("dotnet", [library, Worker.Verb, order]);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        long begun = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' could not be started.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string? first = process.StandardOutput.ReadLine();
        double startUp = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        string? speed = process.StandardOutput.ReadLine();
        process.WaitForExit();
        return first is not null && speed is not null && process.ExitCode == 0
            ? new Turn(startUp, double.Parse(speed, CultureInfo.InvariantCulture), JsonSerializer.Deserialize<float[]>(first)!)
            : throw new InvalidOperationException($"The process for {work.Kind} failed with exit code {process.ExitCode}: {errors.Result.Trim()}");
    }

    private static string Table(SpeedOptions options, Dictionary<string, List<Turn>> turns, Dictionary<string, string> models)
    {
        var table = new StringWriter(CultureInfo.InvariantCulture);
        table.WriteLine(FormattableString.Invariant(
            $"{options.Network.Title} at {options.Network.ImageSize} px, batches of {options.BatchSize}, {(options.Threads == 0 ? "threads as the runtimes choose" : $"{options.Threads} threads")}, {Environment.ProcessorCount} processors; medians of {options.Turns} processes of each kind (least to most)."));
        table.WriteLine();
        table.WriteLine("| | start to first result, ms | images/s | largest difference of a feature | model file, MB |");
        table.WriteLine("|---|---|---|---|---|");
        float[] expected = turns[Work.Torch][0].Features;
        foreach (string kind in Kinds)
        {
            float difference = turns[kind].Max(turn => turn.Features.Zip(expected, (a, b) => Math.Abs(a - b)).Max());
            double limit = kind == Work.OnnxHalf ? 0.1 : 1e-3;
            if (!(difference < limit) || turns[kind].Any(turn => turn.Features.Length != expected.Length))
            {
                throw new InvalidOperationException(FormattableString.Invariant($"The features of {kind} differ from TorchSharp's by {difference}, more than {limit}."));
            }

            table.WriteLine(FormattableString.Invariant(
                $"| {kind} | {Spread(turns[kind], turn => turn.StartUp, "F0")} | {Spread(turns[kind], turn => turn.ImagesPerSecond, "F1")} | {difference:E1} | {new FileInfo(models[kind]).Length / 1e6:F1} |"));
        }

        return table.ToString();
    }

    private static string Spread(List<Turn> turns, Func<Turn, double> value, string format)
    {
        double[] sorted = [.. turns.Select(value).Order()];
        double median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        string Text(double number) => number.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(median)} ({Text(sorted[0])} to {Text(sorted[^1])})";
    }
}
