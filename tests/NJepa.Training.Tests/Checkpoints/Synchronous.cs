namespace NJepa.Training.Tests;

/// <summary>Hears of each report before the next step begins.</summary>
internal sealed class Synchronous(Func<TrainingProgress, Task> report) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => report(value).GetAwaiter().GetResult();
}
