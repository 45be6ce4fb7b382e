namespace NJepa.Samples.QuickStart.Running;

/// <summary>What the quick start's user can mend.</summary>
internal sealed class QuickStartException(string message) : SampleException(message);
