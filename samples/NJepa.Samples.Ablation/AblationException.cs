namespace NJepa.Samples.Ablation;

/// <summary>What the user of the ablation sample can mend.</summary>
internal sealed class AblationException(string message) : SampleException(message);
