using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Terminal;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The last words of a run.</summary>
internal static class RunSummary
{
    private const int NamesShown = 3;

    /// <summary>The table, the files and how to go on.</summary>
    public static void Show(ConsoleView view, QuickStartOptions options, EncoderScores before, EncoderScores after)
    {
        view.Comparison(Measures(before, after));
        if (after.Collapsed)
        {
            view.Warning("the features use few of their dimensions; more images or more epochs help most.");
        }

        if (before.NearestNeighbours is { } nearBefore && after.NearestNeighbours is { } nearAfter && nearAfter.Low <= nearBefore.Value && nearBefore.Value <= nearAfter.High)
        {
            view.Detail($"with {nearAfter.TestImages} test images this difference in kNN cannot be told from chance; more labelled test images would tell.");
        }

        // Without labelled test images some are missing.
        (string Name, string Meaning)[] files =
        [
            (OutputFolder.Student, "the pretrained encoder: what you use"),
            (OutputFolder.Teacher, "its moving average"),
            (OutputFolder.Model, "everything, predictors included"),
            (OutputFolder.Onnx, "the pretrained encoder for ONNX Runtime; labels pictures where there were classes"),
            (OutputFolder.Masks, "what the student sees and what it has to predict"),
            (OutputFolder.Losses, "the loss terms and their weighted sum over the run"),
            (OutputFolder.Accuracies, "accuracies over the run, on fewer images than the table above"),
            (OutputFolder.Features, "patch features before and after"),
            (OutputFolder.Similarity, "where the encoder sees something like a patch, before and after"),
            (OutputFolder.Neighbours, "test images and their nearest training images, before and after"),
            (OutputFolder.Metrics, "all figures of this run"),
            (LossLog.FileName, "the loss curve in numbers"),
            (ProbeLog.FileName, "the accuracies over the run in numbers"),
            (BegunOptions.FileName, "the options of this run, by which --resume knows it"),
            (OutputFolder.Checkpoints, "what --resume goes on from, for example with more --epochs"),
            (OutputFolder.DrawnPictures, "the pictures that were drawn"),
        ];
        view.Files(options.Output, [.. files.Where(file => Path.Exists(Path.Combine(options.Output, file.Name)) && (options.Images is null || file.Name != OutputFolder.DrawnPictures))]);
        view.Code("Use the encoder:", $"using var encoder = ViTEncoder.Load(\"{Path.Combine(options.Output, OutputFolder.Student).Replace('\\', '/')}\"); // encoder.EncodePooled(images): [B,{after.Width}]");
        if (after.LinearProbe is not null)
        {
            string images = options.Images ?? Path.Combine(options.Output, OutputFolder.DrawnPictures, "test");
            view.Code("Label pictures with it, without TorchSharp:", $"dotnet run -c Release --project samples/NJepa.Samples.OnnxInference -- label --model \"{Path.Combine(options.Output, OutputFolder.Onnx)}\" --images \"{images}\"");
        }
    }

    /// <summary>Says which images were passed over; a few of them by name.</summary>
    public static void WarnOfUnreadable(ConsoleView view, IReadOnlyList<string> unreadable)
    {
        if (unreadable.Count > 0)
        {
            string rest = unreadable.Count > NamesShown ? $" and {unreadable.Count - NamesShown} more (see {OutputFolder.Metrics})" : "";
            view.Warning($"{unreadable.Count} image{(unreadable.Count == 1 ? "" : "s")} could not be used: {string.Join("; ", unreadable.Take(NamesShown).Select(OneLine))}{rest}");
        }
    }

    // The name of a file may hold anything, even what moves the cursor.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private static IEnumerable<Measure> Measures(EncoderScores before, EncoderScores after)
    {
        if (before.NearestNeighbours is { } nearBefore && after.NearestNeighbours is { } nearAfter)
        {
            yield return Percent("kNN accuracy, %", nearBefore, nearAfter);
        }

        if (before.LinearProbe is { } linearBefore && after.LinearProbe is { } linearAfter)
        {
            yield return Percent("Linear probe, %", linearBefore, linearAfter);
        }

        yield return new Measure("RankMe", before.RankMe, after.RankMe, "0.0", $"dimensions in use, of {after.Width}");
        yield return new Measure("Feature std", before.FeatureStandardDeviation, after.FeatureStandardDeviation, "0.000", "0: all images look alike");
    }

    private static Measure Percent(string name, Accuracy before, Accuracy after) => new(
        name, 100 * before.Value, 100 * after.Value, "0.0", $"95 % interval {100 * after.Low:0.0} to {100 * after.High:0.0}");
}
