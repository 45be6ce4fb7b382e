using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Reporting;
using NJepa.Samples.Ablation.Tables;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Few labels: features of the last layer and of the last four, with 1 % and 10 % of the labels and with 5 images of each class, several draws of each.</summary>
internal sealed class LowShotRuns(AblationOptions options, AblationImages images, RunStore store, ArmRun runner)
{
    private const int SeveralLayers = 4;

    private const int PerClass = 5;

    // Of a class with fewer images all are taken.
    private readonly LowShotOptions _protocol = LowShotOptions.Default with { Budgets = [LabelBudget.PerClass(Math.Min(PerClass, SmallestClass(images.ProbeTraining))), LabelBudget.Share(0.01), LabelBudget.Share(0.1)] };

    private readonly int[] _layers = [.. new[] { 1, Math.Min(SeveralLayers, options.Scale.Encoder().Depth) }.Distinct()];

    /// <summary>The table. What is missing is measured from the saved encoders and kept.</summary>
    public TableReport Report(AblationTable table, Func<Arm, IReadOnlyList<RunResult>> chosen, IReadOnlyList<string> setting, CancellationToken cancellationToken)
    {
        var rows = new List<ReportRow> { Row("untrained", true, null, options.Seeds, seed => Measure(new RunKey(RunKey.Untrained, 0, seed), cancellationToken)) };
        foreach (Arm arm in table.Arms)
        {
            IReadOnlyList<RunResult> runs = chosen(arm);
            if (runs.Count > 0)
            {
                double rate = runs[0].Key.LearningRate;
                rows.Add(Row(arm.Name, false, rate, [.. runs.Select(run => run.Key.Seed)], seed => Measure(new RunKey(arm.Id, rate, seed), cancellationToken)));
            }
        }

        ReportColumn[] columns = [.. rows[0].Cells.Keys.Select(name => new ReportColumn(name, IsAccuracy: true, IsCharted: true))];
        string labels = FormattableString.Invariant(
            $"few labels: {string.Join(", ", _protocol.Budgets)}, drawn from {images.ProbeTraining.Count} training images, {_protocol.Draws} draws for each figure (seed {_protocol.Seed}); features of the last {string.Join(" and ", _layers)} layers; logistic regression, its strength of {string.Join(", ", _protocol.Strengths)} by {_protocol.Folds}-fold cross-validation inside the draw");
        return new(table.Name, table.Title, table.Question, table.Source, [.. setting, labels], columns, rows);
    }

    private static int SmallestClass(IImageSource images) =>
        Enumerable.Range(0, images.Count).Select(images.GetLabel).Where(label => label >= 0).GroupBy(label => label).Min(group => group.Count());

    private static ReportRow Row(string name, bool isFloor, double? rate, IReadOnlyList<ulong> seeds, Func<ulong, LowShotMeasures> measure)
    {
        LowShotMeasures[] bySeed = [.. seeds.Select(measure)];
        Dictionary<string, RepeatedMeasurement> cells = bySeed[0].Accuracies.Keys.ToDictionary(column => column, column => new RepeatedMeasurement([.. bySeed.Select(one => one.Accuracies[column])]));
        return new(name, isFloor, seeds, rate, cells);
    }

    private LowShotMeasures Measure(RunKey key, CancellationToken cancellationToken)
    {
        SortedDictionary<string, string> protocol = SettingTexts.Of(_protocol with { Budgets = [] });
        protocol["Budgets"] = string.Join(", ", _protocol.Budgets);
        protocol["Layers"] = string.Join(", ", _layers);
        string name = key.Arm == RunKey.Untrained ? "low-shot.json" : $"low-shot-{options.Encoder.ToString().ToLowerInvariant()}.json";
        return store.GetOrAdd(
            key.Folder,
            name,
            () =>
            {
                using ViTEncoder encoder = key.Arm == RunKey.Untrained ? runner.UntrainedEncoder(key.Seed) : runner.LoadEncoder(key, options.Encoder);
                return new LowShotMeasures(_layers.SelectMany(count => Evaluate(encoder, count, cancellationToken)).ToDictionary(one => one.Column, one => one.Accuracy)) { Protocol = protocol };
            },
            kept => kept.Protocol is null || RunSettings.Differences(kept.Protocol, protocol).Length == 0);
    }

    private IEnumerable<(string Column, double Accuracy)> Evaluate(ViTEncoder encoder, int layers, CancellationToken cancellationToken)
    {
        var extraction = new FeatureExtractionOptions { LastLayers = layers };
        FeatureSet train = FeatureExtractor.Extract(encoder, images.ProbeTraining, extraction, cancellationToken: cancellationToken);
        FeatureSet test = FeatureExtractor.Extract(encoder, images.Test, extraction, cancellationToken: cancellationToken);
        string from = layers == 1 ? "last layer" : $"last {layers}";
        return [.. LowShot.Evaluate(train, test, _protocol, cancellationToken).Budgets.Select(result => ($"{result.Budget}, {from}", result.MeanAccuracy))];
    }

    /// <summary>The mean accuracy over draws, by column.</summary>
    internal sealed record LowShotMeasures(IReadOnlyDictionary<string, double> Accuracies)
    {
        /// <summary>How they were measured; null of an earlier version, which did not write it down. What was measured otherwise is measured again.</summary>
        public IReadOnlyDictionary<string, string>? Protocol { get; init; }
    }
}
