using System.Globalization;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Samples;
using NJepa.Samples.Figures;
using NJepa.Samples.QuickStart.Drawing;
using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Running;
using NJepa.Training;
using TorchSharp;

namespace NJepa.PrecisionCurves;

/// <summary>
/// Trains the quick start's network on its pictures in float32 and in bfloat16 with the same seed, and once more in float32 with another number of threads: that run differs by rounding alone,
/// and says how far apart two runs may lie that are the same but for rounding. Draws the three loss curves and prints how far each is from the first.
/// </summary>
internal static class Program
{
    private static readonly (string Name, Precision Precision, int Threads)[] Runs =
    [
        ("float32", Precision.Float32, Environment.ProcessorCount),
        ("bfloat16", Precision.BFloat16, Environment.ProcessorCount),
        ("float32, one thread", Precision.Float32, 1),
    ];

    private static async Task<int> Main(string[] arguments)
    {
        string folder = arguments.Length > 0 ? arguments[0] : "njepa-precision";
        int epochs = new QuickStartOptions().Epochs;
        if (folder.StartsWith('-') || arguments.Length > 2 || (arguments.Length == 2 && (!int.TryParse(arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out epochs) || epochs < 1)))
        {
            Console.Error.WriteLine("Usage: NJepa.PrecisionCurves [FOLDER [EPOCHS]]; FOLDER receives pictures and figure (default njepa-precision), EPOCHS is at least 1 (default: the quick start's).");
            return 2;
        }

        string pictures = Path.Combine(folder, "pictures");
        if (!Directory.Exists(pictures))
        {
            DrawnPictures.WriteTo(pictures, new DrawnPicturesOptions(), CancellationToken.None);
        }

        using QuickStartImages images = QuickStartImages.Open(pictures);
        var curves = new List<LossSeries>();
        var lines = new List<string> { "| run | mean loss, first tenth | mean loss, last tenth | mean distance from float32 | kNN | linear probe |", "|---|---|---|---|---|---|" };
        foreach ((string name, Precision precision, int threads) in Runs)
        {
            NJepaRuntime.EnsureLoaded();
            torch.set_num_threads(threads);
            QuickStartOptions options = new() { Epochs = epochs, Precision = precision.ToString().ToLowerInvariant() };
            using JepaModel model = QuickStartRecipe.Model(options).Build();
            using var trainer = new JepaTrainer(model, images.Pretraining, QuickStartRecipe.Training(options, images.Pretraining.Count) with { OutputDirectory = null });
            TrainingResult result = await trainer.RunAsync(new SynchronousProgress<TrainingProgress>(report => Console.Error.WriteLine($"{name}: {report}"))).ConfigureAwait(false);
            curves.Add(LossTerms.Series([.. result.History.Select(report => new LossLogEntry(report.Step, report.Epoch, report.Losses, report.Settings))])[0] with { Name = name });
            EncoderScores scores = new EncoderEvaluator(images, new FeatureExtractionOptions()).Measure(model.Student, CancellationToken.None);
            lines.Add(Line(name, curves, scores));
        }

        LossFigure.Save(Path.Combine(folder, "precision.png"), curves);
        Console.WriteLine(string.Join('\n', lines));
        return 0;
    }

    private static string Line(string name, List<LossSeries> curves, EncoderScores scores)
    {
        IReadOnlyList<double> first = curves[0].Values, values = curves[^1].Values;
        int tenth = Math.Max(1, values.Count / 10);
        double distance = first.Zip(values, (a, b) => Math.Abs(a - b) / a).Average();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {values.Take(tenth).Average():0.0000} | {values.TakeLast(tenth).Average():0.0000} | {(curves.Count == 1 ? "" : distance.ToString("P2", CultureInfo.InvariantCulture))} | {scores.NearestNeighbours?.Value:P1} | {scores.LinearProbe?.Value:P1} |");
    }
}
