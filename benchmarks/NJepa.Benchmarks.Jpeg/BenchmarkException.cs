namespace NJepa.Benchmarks.Jpeg;

/// <summary>The benchmark cannot run; the message says why and what to do.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
