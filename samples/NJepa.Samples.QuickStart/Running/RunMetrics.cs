using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NJepa.Models;
using NJepa.Samples.QuickStart.Options;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>What <c>metrics.json</c> holds.</summary>
internal sealed record RunMetrics
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The command line, defaults filled in.</summary>
    public required QuickStartOptions Options { get; init; }

    /// <summary>The model in words.</summary>
    public required IReadOnlyList<string> Model { get; init; }

    /// <summary>The images in words.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>Whether all steps were done.</summary>
    public bool Completed { get; init; }

    /// <summary>The untrained student.</summary>
    public required EncoderScores Before { get; init; }

    /// <summary>The trained student; null when the run was cancelled before it was evaluated.</summary>
    public EncoderScores? After { get; init; }

    /// <summary>The trained teacher.</summary>
    public EncoderScores? AfterTeacher { get; init; }

    /// <summary>Why there are no accuracies.</summary>
    public string? WhyNoAccuracy { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public long Steps { get; init; }

    /// <summary>Seconds that training took since it was begun or resumed, evaluation not counted.</summary>
    public double Seconds { get; init; }

    /// <summary>Images trained on per second in that time.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Images that could not be read, with the reason where training met them.</summary>
    public IReadOnlyList<string> UnreadableImages { get; init; } = [];

    /// <summary>The settings of the training.</summary>
    public required PretrainingOptions Training { get; init; }

    /// <summary>What the run was computed with.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>Loss terms over the run, means since the last entry.</summary>
    public IReadOnlyList<LossEntry> History { get; init; } = [];

    /// <summary>The versions of everything that could change a figure.</summary>
    public static IReadOnlyDictionary<string, string> CurrentVersions(TorchSharp.torch.Device device)
    {
        NativeRuntimeInfo native = NJepaRuntime.GetInfo();
        return new Dictionary<string, string>
        {
            ["njepa"] = typeof(JepaTrainer).Assembly.GetName().Version?.ToString(3) ?? "",
            ["dotnet"] = Environment.Version.ToString(),
            ["torchSharp"] = native.TorchSharpVersion,
            ["libtorch"] = native.LibTorchVersion,
            ["platform"] = native.Platform,
            ["device"] = device.ToString(),
            ["threads"] = $"{native.Threads}",
        };
    }

    /// <summary>These metrics with what the training did.</summary>
    /// <param name="result">The last part of the training, if it was interrupted.</param>
    /// <param name="losses">The loss log of all of it.</param>
    public RunMetrics With(TrainingResult result, IReadOnlyList<LossLogEntry> losses) => this with
    {
        Completed = result.Completed,
        Steps = result.FirstStep + result.Steps,
        Seconds = (result.Elapsed - result.ProbeTime).TotalSeconds,
        ImagesPerSecond = result.Images / Math.Max((result.Elapsed - result.ProbeTime).TotalSeconds, 1e-9),
        History =
        [
            .. losses.Select(report => new LossEntry(
                report.Step, report.Settings.LearningRate, LossTerms.Of(report.Losses).ToDictionary(term => term.Name, term => term.Value))),
        ],
    };

    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
