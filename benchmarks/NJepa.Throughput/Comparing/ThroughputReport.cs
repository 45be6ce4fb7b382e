using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NJepa.Models;
using NJepa.Throughput.Options;

namespace NJepa.Throughput.Comparing;

/// <summary>The tables, as Markdown.</summary>
internal static class ThroughputReport
{
    private static readonly string[] Phases = ["load", "teacher", "student", "predictors", "backward", "optimizer", "zeroing", "average", "other"];

    public static string Write(IReadOnlyList<Comparison> comparisons, ThroughputOptions options)
    {
        var text = new StringBuilder();
        NativeRuntimeInfo runtime = NJepaRuntime.GetInfo();
        text.AppendLine(Invariant($"{Processor()}, {options.Threads} threads, {options.Device}; {RuntimeInformation.OSDescription}; .NET {Environment.Version}, TorchSharp {runtime.TorchSharpVersion}, libtorch {runtime.LibTorchVersion}; {DateTime.UtcNow:yyyy-MM-dd}. Medians of {options.Turns} turns of {options.Turn} steps, NJepa and peer in turn."));
        text.AppendLine();
        text.AppendLine("| network | batch | precision | ms a step | images/s | peer, ms | peer / NJepa | GFLOP/s | of `mm` | peak MB | peer | ratio | tensors |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (Comparison c in comparisons)
        {
            text.AppendLine(Invariant(
                $"| {Title(c.Case)} | {c.Case.Batch} | {c.Case.Precision} | {c.Ours.Milliseconds:0.0} | {c.Case.Batch / c.Ours.Milliseconds * 1e3:0.0} | {c.Peer?.Milliseconds:0.0} | {Number(c.Ratio, "0.00")} | {Median.Of(c.Ours.StepRates):0} | {c.RateShare:P0} | {c.Ours.PeakMegabytes:0} | {c.Peer?.PeakMegabytes:0} | {Number(c.Ours.PeakMegabytes / (c.Peer?.PeakMegabytes ?? double.NaN), "0.00")} | {c.Ours.Tensors} |"));
        }

        text.AppendLine();
        text.AppendLine("Milliseconds by phase (load: waiting for images, in the runs with loading; all others on images in memory):");
        text.AppendLine();
        text.AppendLine($"| network | precision | side | {string.Join(" | ", Phases)} | update: peer / NJepa |");
        text.AppendLine($"|---|---|---|{string.Concat(Phases.Select(_ => "---|"))}---|");
        foreach (Comparison c in comparisons)
        {
            Row(c, c.Ours, "NJepa", Number(c.UpdateRatio, "0.0"));
            if (c.Peer is not null)
            {
                Row(c, c.Peer, "peer", "");
            }
        }

        if (options.Run > 0)
        {
            text.AppendLine();
            text.AppendLine(Invariant($"With loading, {options.Run} steps of each, {options.LoaderThreads} loader threads:"));
            text.AppendLine();
            text.AppendLine("| network | batch | precision | ms a step | waiting for images | peer, ms | waiting | peer / NJepa |");
            text.AppendLine("|---|---|---|---|---|---|---|---|");
            foreach (Comparison c in comparisons)
            {
                text.AppendLine(Invariant(
                    $"| {Title(c.Case)} | {c.Case.Batch} | {c.Case.Precision} | {c.Ours.Run:0.0} | {c.Ours.LoadShare:P1} | {c.Peer?.Run:0.0} | {c.Peer?.LoadShare:P1} | {Number(c.RunRatio, "0.00")} |"));
            }
        }

        return text.ToString();

        void Row(Comparison c, Samples side, string name, string ratio)
        {
            IEnumerable<string> times = Phases.Select(phase => side.Phases.TryGetValue(phase, out List<double>? values) ? Number(Median.Of(values), "0.0") : "");
            text.AppendLine($"| {Title(c.Case)} | {c.Case.Precision} | {name} | {string.Join(" | ", times)} | {ratio} |");
        }
    }

    public static string Processor()
    {
        const string Information = "/proc/cpuinfo";
        string? name = File.Exists(Information)
            ? File.ReadLines(Information).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        string vectors = System.Runtime.Intrinsics.X86.Avx512BW.IsSupported ? ", AVX-512" : System.Runtime.Intrinsics.X86.Avx2.IsSupported ? ", AVX2" : "";
        return (name ?? RuntimeInformation.ProcessArchitecture.ToString()) + vectors;
    }

    private static string Title(ThroughputCase work) => work.Encoder.Title + (work.Recompute ? ", recomputed" : "") + (work.MicroBatch is { } micro ? FormattableString.Invariant($", parts of {micro}") : "");

    private static string Number(double value, string format) => double.IsNaN(value) ? "" : value.ToString(format, CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
