namespace NJepa.Samples.Ablation;

/// <summary>Something that the user of this program can mend; the message says how.</summary>
internal sealed class AblationException(string message) : Exception(message);
