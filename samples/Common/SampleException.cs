namespace NJepa.Samples;

/// <summary>A sample cannot go on for a reason that its user can remove; the message is all that needs to be shown.</summary>
internal abstract class SampleException(string message) : Exception(message);
