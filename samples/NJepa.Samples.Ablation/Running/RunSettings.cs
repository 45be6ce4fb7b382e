using NJepa.Models;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Tables;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Running;

/// <summary>The settings that a run's figures depend on, as names and texts such as <c>Recipe.LossWeights.NoisyClean</c> = <c>0.1</c>. Seed and learning rate are not among them: they are the run's key.</summary>
internal static class RunSettings
{
    private const string Training = "Training.";

    // Names, what the key says, and what is there for speed, memory, reports and safety alone.
    private static readonly string[] LeftOut =
    [
        "Seed", "RecomputeActivations", "Encoder.Name", "Recipe.Name",
        .. new[]
        {
            nameof(PretrainingOptions.Seed), nameof(PretrainingOptions.LearningRate), nameof(PretrainingOptions.MicroBatchSize), nameof(PretrainingOptions.LoaderThreads), nameof(PretrainingOptions.Prefetch),
            nameof(PretrainingOptions.ImageCache), nameof(PretrainingOptions.OutputDirectory), nameof(PretrainingOptions.Checkpoints), nameof(PretrainingOptions.LogEvery), nameof(PretrainingOptions.WatchCollapse),
            nameof(PretrainingOptions.CollapseCheckEvery), nameof(PretrainingOptions.CollapseProbeImages), nameof(PretrainingOptions.CollapseVariation), nameof(PretrainingOptions.CollapseRankMe),
            nameof(PretrainingOptions.MaxBadImageShare),
        }.Select(name => Training + name),
    ];

    /// <summary>Those of an arm.</summary>
    /// <param name="scale">What all runs share.</param>
    /// <param name="arm">The arm.</param>
    /// <param name="images">How many images there are to pretrain on.</param>
    public static SortedDictionary<string, string> Of(AblationScale scale, Arm arm, int images)
    {
        JepaConfiguration model = JepaBuilder.WithEncoder(scale.Encoder()).WithRecipe(arm.Recipe(scale.Recipe())).WithPrecision(scale.Precision).Configure();
        PretrainingOptions training = scale.Training(images, seed: 0, PretrainingOptions.SmallData.LearningRate);
        IEnumerable<KeyValuePair<string, string>> all = SettingTexts.Of(model).Concat(SettingTexts.Of(training).Select(setting => KeyValuePair.Create(Training + setting.Key, setting.Value)));
        return new SortedDictionary<string, string>(
            all.Where(setting => !LeftOut.Any(name => setting.Key == name || setting.Key.StartsWith(name + ".", StringComparison.Ordinal))).ToDictionary(), StringComparer.Ordinal);
    }

    /// <summary>What differs, in words. What an earlier version did not know it did not write down: that is no difference.</summary>
    public static string[] Differences(IReadOnlyDictionary<string, string> earlier, IReadOnlyDictionary<string, string> now) =>
    [
        .. earlier.Where(setting => now.GetValueOrDefault(setting.Key) != setting.Value).OrderBy(setting => setting.Key, StringComparer.Ordinal)
            .Select(setting => $"{setting.Key} was {setting.Value} and is now {now.GetValueOrDefault(setting.Key, "not there")}"),
    ];
}
