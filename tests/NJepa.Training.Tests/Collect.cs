namespace NJepa.Training.Tests;

/// <summary>Tells an action of each report, on the run's own thread: <see cref="Progress{T}"/> would do it later, on another.</summary>
internal sealed class Collect(Action<TrainingProgress> action) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => action(value);
}
