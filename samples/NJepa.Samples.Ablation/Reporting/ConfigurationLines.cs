using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Tables;
using NJepa.Training;
using static System.FormattableString;

namespace NJepa.Samples.Ablation.Reporting;

/// <summary>All that is needed to make a table again, line by line: the command, images, recipes, protocol, and what the runs were made with.</summary>
internal sealed class ConfigurationLines(AblationOptions options, AblationImages images, RunStore store, Floors floors)
{
    private static readonly string[] Groups = ["Encoder.", "Predictor.", "Recipe.", "Training."];

    /// <summary>The lines of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="chosen">The runs that stand in it, by arm.</param>
    public IReadOnlyList<string> Of(AblationTable table, Func<Arm, IReadOnlyList<RunResult>> chosen)
    {
        AblationScale scale = options.Scale;
        return
        [
            Command(table),
            $"images: {images.PretrainingFingerprint} to pretrain on, {images.ProbeTrainingFingerprint} for the classifiers, {images.TestFingerprint} to test on, {images.TestNote} (the digits stand for names, labels, sizes and dates)",
            Invariant($"network: {scale.Encoder()}"),
            Invariant($"training: {scale.Epochs} epochs in batches of {scale.BatchSize}, {scale.Steps(images.Pretraining.Count)} steps, {scale.Precision.ToString().ToLowerInvariant()}, momentum from {scale.Momentum}, crops from {scale.CropScale}; peak learning rates tried for every arm: {string.Join(", ", options.LearningRates)}"),
            Invariant($"variance and covariance terms: {(scale.Variance == 0 && scale.Covariance == 0 ? "off" : $"{scale.Variance} and {scale.Covariance}")} in all arms that do not say otherwise"),
            $"features: {Name(options.Encoder)}, mean over patches{(table.IsLowShot ? "" : " of the last layer")}",
            .. table.IsLowShot ? [] : Classifiers(),
            .. Recipes(table),
            .. Environments(table, chosen),
        ];
    }

    private string Command(AblationTable table)
    {
        AblationScale scale = options.Scale;
        return Invariant($"command, beside the images: `--table {table.Name} --seeds {string.Join(",", options.Seeds)} --learning-rates {string.Join(",", options.LearningRates)} --model {scale.Model} --image-size {scale.ImageSize} --patch-size {scale.PatchSize} --epochs {scale.Epochs} ")
            + Invariant($"--batch-size {scale.BatchSize} --precision {scale.Precision} --momentum {scale.Momentum} --crop-scale {scale.CropScale} --variance {scale.Variance} --covariance {scale.Covariance} --probe-images {scale.ProbeImages} --most-test-images {scale.TestImages} --encoder {options.Encoder}`");
    }

    private IEnumerable<string> Classifiers()
    {
        ProbedEncoder other = options.Encoder == ProbedEncoder.Student ? ProbedEncoder.Teacher : ProbedEncoder.Student;
        yield return "classifiers: kNN with k = 20; linear probe by SGD (batch 1024, 50 epochs, cosine), logistic regression by L-BFGS, which weak features need to show what they can; learning rate and penalty by a validation part of the training images";
        yield return $"other encoder: the {Name(other)} of the same runs{(options.LearningRates.Count > 1 ? $"; their peak learning rate was chosen for the {Name(options.Encoder)}, and another may suit the {Name(other)} better" : "")}";
        yield return $"raw pixels: {floors.PixelSide} x {floors.PixelSide}";
    }

    /// <summary>What all arms share, and what each has of its own, in full.</summary>
    private IEnumerable<string> Recipes(AblationTable table)
    {
        (string Name, SortedDictionary<string, string> Settings)[] arms = [.. table.Arms.Select(arm => (arm.Name, RunSettings.Of(options.Scale, arm, images.Pretraining.Count)))];
        KeyValuePair<string, string>[] shared = [.. arms[0].Settings.Where(setting => arms.All(arm => arm.Settings.GetValueOrDefault(setting.Key) == setting.Value))];
        foreach (string group in Groups)
        {
            yield return $"{group.TrimEnd('.').ToLowerInvariant()} of all arms: {Listed(shared.Where(setting => setting.Key.StartsWith(group, StringComparison.Ordinal)), group.Length)}";
        }

        foreach ((string name, SortedDictionary<string, string> settings) in arms)
        {
            KeyValuePair<string, string>[] own = [.. settings.Except(shared)];
            yield return own.Length == 0 ? $"{name}: nothing else" : $"{name}: {Listed(own, 0)}";
        }
    }

    private IEnumerable<string> Environments(AblationTable table, Func<Arm, IReadOnlyList<RunResult>> chosen)
    {
        (string Run, string With)[] runs =
        [
            .. table.Arms.SelectMany(arm => chosen(arm).Select(run => (Invariant($"{arm.Name} seed {run.Key.Seed}"), string.Join(", then ", (store.Record(run.Key)?.Environments ?? [RunEnvironment.NotRecorded]).Select(one => one.ToString()))))),
        ];
        IGrouping<string, string>[] groups = [.. runs.GroupBy(run => run.With, run => run.Run)];
        if (groups.Length > 1)
        {
            yield return "**not all runs were made with the same software, device and threads**; that alone can move figures as another seed does:";
        }

        foreach (IGrouping<string, string> group in groups)
        {
            yield return groups.Length > 1 ? $"made with {group.Key}: {string.Join(", ", group)}" : $"made with {group.Key}";
        }
    }

    private static string Name(ProbedEncoder encoder) => encoder.ToString().ToLowerInvariant();

    private static string Listed(IEnumerable<KeyValuePair<string, string>> settings, int prefix) => string.Join(", ", settings.Select(setting => $"{setting.Key[prefix..]} {setting.Value}"));
}
