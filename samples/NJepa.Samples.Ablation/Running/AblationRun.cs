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
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<AblationTable> _tables = TableList.Named([.. options.Tables]);

    /// <summary>The runs of some tables, seed by seed, so that after the first seed every row has a figure.</summary>
    public static IReadOnlyList<(Arm Arm, RunKey Key)> Plan(IReadOnlyList<AblationTable> tables, AblationOptions options) =>
    [
        .. options.Seeds.SelectMany(seed => options.LearningRates.SelectMany(rate =>
            tables.SelectMany(table => table.Arms).DistinctBy(arm => arm.Id).Select(arm => (arm, new RunKey(arm.Id, rate, seed))))),
    ];

    /// <summary>Runs everything that is not done yet, and waits for what another process is doing.</summary>
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
        foreach (IGrouping<string, (Arm Arm, RunKey Key)> runs in plan.GroupBy(run => run.Arm.Id))
        {
            // Before the first run, not in the last: all settings are checked.
            Arm arm = runs.First().Arm;
            JepaBuilder.WithEncoder(options.Scale.Encoder()).WithRecipe(arm.Recipe(options.Scale.Recipe())).Configure();
            SortedDictionary<string, string> settings = RunSettings.Of(options.Scale, arm, images.Pretraining.Count);
            foreach ((_, RunKey key) in runs)
            {
                store.RequireSame(arm, key, settings);
            }
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
        var reports = new ReportWriter(options, store, floors, new LowShotRuns(options, images, store, runner), new ConfigurationLines(options, images, store, floors));
        view.Step("Floors: raw pixels and untrained networks");
        floors.Measure(cancellationToken);
        await RunAllAsync([.. plan.Index()]).ConfigureAwait(false);
        view.Step("Tables");
        view.Files(reports.Write(_tables, complete: true, cancellationToken));

        async Task RunAllAsync((int Index, (Arm Arm, RunKey Key) Run)[] open)
        {
            RunKey[] told = [];
            while (open.Length > 0)
            {
                var elsewhere = new List<(int Index, (Arm Arm, RunKey Key) Run)>();
                foreach ((int index, (Arm Arm, RunKey Key) run) in open)
                {
                    if (!await TryRunAsync(index + 1, run.Arm, run.Key).ConfigureAwait(false))
                    {
                        elsewhere.Add((index, run));
                    }
                }

                RunKey[] keys = [.. elsewhere.Select(item => item.Run.Key)];
                if (keys.Length == open.Length)
                {
                    // A process that ends without a result gives its run free, and it is done here.
                    if (!told.SequenceEqual(keys))
                    {
                        view.Waiting(keys);
                        told = keys;
                    }

                    await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
                }

                open = [.. elsewhere];
            }
        }

        async Task<bool> TryRunAsync(int number, Arm arm, RunKey key)
        {
            using RunLease? lease = RunLease.TryTake(store.FolderOf(key));
            if (lease is null)
            {
                return store.Find(key) is not null;
            }

            if (store.Find(key) is null)
            {
                bool isTrained = runner.IsTrained(key);
                RunResult result = await view.TrackAsync(number, plan.Count, arm, key, isTrained, progress => runner.RunAsync(arm, key, progress, cancellationToken)).ConfigureAwait(false);
                store.Save(result);
                view.Result(result, options.Encoder);
                reports.Write([.. _tables.Where(table => !table.IsLowShot && table.Arms.Any(other => other.Id == arm.Id))], complete: false, cancellationToken);
            }

            store.Tidy(key);
            return true;
        }
    }
}
