namespace NJepa.FaultInjection.Fuzzing;

/// <summary>What reading the mutations of one kind of file gave.</summary>
internal sealed record FuzzResult(string Kind, string Exception, int Count, int Read, int Refused, double LongestMilliseconds, long LargestBytes, long LargestFile, IReadOnlyList<string> Wrong);
