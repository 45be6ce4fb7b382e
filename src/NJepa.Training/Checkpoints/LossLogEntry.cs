namespace NJepa.Training;

/// <summary>A line of the <see cref="LossLog"/>.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Epoch">The epoch of the last step, counted from 1.</param>
/// <param name="Losses">Loss terms, averaged over the steps since the line before.</param>
/// <param name="Settings">Learning rate, weight decay and momentum of the last step.</param>
public sealed record LossLogEntry(long Step, int Epoch, LossValues Losses, StepSettings Settings);
