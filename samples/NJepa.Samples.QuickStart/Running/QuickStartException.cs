namespace NJepa.Samples.QuickStart.Running;

/// <summary>The run cannot go on for a reason that the user can remove; the message is all that needs to be shown.</summary>
internal sealed class QuickStartException(string message) : Exception(message);
