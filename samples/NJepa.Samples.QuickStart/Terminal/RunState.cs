namespace NJepa.Samples.QuickStart.Terminal;

/// <summary>Where a run stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Losses">The loss terms by name, their weighted sum first.</param>
/// <param name="ImagesPerSecond">Training speed.</param>
/// <param name="Remaining">Time left.</param>
internal sealed record RunState(
    long Step, long Steps, int Epoch, int Epochs, IReadOnlyList<(string Name, double Value)> Losses, double ImagesPerSecond, TimeSpan Remaining);
