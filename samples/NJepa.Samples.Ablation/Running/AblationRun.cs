using NJepa.Models;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Reporting;
using NJepa.Samples.Ablation.Tables;
using NJepa.Samples.Ablation.Terminal;
using static TorchSharp.torch;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Every run that the tables ask for, each once; then the tables. Tables are written again after each run, so that there is something to look at early.</summary>
internal sealed class AblationRun(AblationOptions options, AblationView view)
{
    private readonly IReadOnlyList<AblationTable> _tables = TableList.Named([.. options.Tables]);

    /// <summary>The runs of some tables, seed by seed, so that after the first seed every row has a figure.</summary>
    public static IReadOnlyList<(Arm Arm, RunKey Key)> Plan(IReadOnlyList<AblationTable> tables, AblationOptions options) =>
    [
        .. options.Seeds.SelectMany(seed => options.LearningRates.SelectMany(rate =>
            tables.SelectMany(table => table.Arms).DistinctBy(arm => arm.Id).Select(arm => (arm, new RunKey(arm.Id, rate, seed))))),
    ];

    /// <summary>Runs everything that is not done yet.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; the same command goes on.</exception>
    public async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        if (options.Scale is { Variance: 0, Covariance: 0 } && _tables.Any(table => table.Name == "terms"))
        {
            throw new AblationException("The table 'terms' compares runs with and without the variance and covariance terms, but --variance and --covariance are 0. Give weights, or leave the table out.");
        }

        using AblationImages images = AblationImages.Open(options);
        IReadOnlyList<(Arm Arm, RunKey Key)> plan = Plan(_tables, options);
        var store = new RunStore(options.Output);
        store.Claim(options.Scale, images, write: false);
        view.Plan(options, images, _tables, plan.Count, plan.Count(run => store.Find(run.Key) is not null));
        foreach (Arm arm in _tables.SelectMany(table => table.Arms).DistinctBy(arm => arm.Id))
        {
            // Before the first run, not in the last: all settings are checked.
            JepaBuilder.WithEncoder(options.Scale.Encoder()).WithRecipe(arm.Recipe(options.Scale.Recipe())).Configure();
        }

        if (options.Plan)
        {
            return;
        }

        Device device = NJepaRuntime.ResolveDevice(options.Device);
        store.Claim(options.Scale, images);
        if (options.Threads > 0)
        {
            set_num_threads(options.Threads);
        }

        var judge = new EncoderJudge(images);
        var runner = new ArmRun(options, images, judge, store, device);
        var floors = new Floors(store, runner, judge, options);
        var reports = new ReportWriter(options, store, floors, new LowShotRuns(options, images, store, runner));
        view.Step("Floors: raw pixels and untrained networks");
        floors.Measure(cancellationToken);
        for (int i = 0; i < plan.Count; i++)
        {
            (Arm arm, RunKey key) = plan[i];
            if (store.Find(key) is null)
            {
                RunResult result = await view.TrackAsync(i + 1, plan.Count, arm, key, progress => runner.TrainAsync(arm, key, progress, cancellationToken)).ConfigureAwait(false);
                store.Save(result);
                view.Result(result, options.Encoder);
                reports.Write([.. _tables.Where(table => !table.IsLowShot && table.Arms.Any(other => other.Id == arm.Id))], complete: false, cancellationToken);
            }

            runner.Tidy(key);
        }

        view.Step("Tables");
        view.Files(reports.Write(_tables, complete: true, cancellationToken));
    }
}
