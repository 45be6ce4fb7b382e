namespace NJepa.FaultInjection.Trials;

/// <summary>All trials, in the order in which they run.</summary>
internal static class TrialList
{
    public static readonly IReadOnlyList<ITrial> All =
    [
        new KillTrial(), new DamageTrial(), new DiskTrial(), new SignalTrial(), new ImagesTrial(), new NanTrial(), new ThreadsTrial(), new FuzzTrial(), new StopTrial(), new LongTrial(),
    ];

    public static IReadOnlyList<string> Names => [.. All.Select(trial => trial.Name)];
}
