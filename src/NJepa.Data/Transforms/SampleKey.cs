namespace NJepa.Data;

/// <summary>What the random crop and flip of one sample depend on, and nothing else.</summary>
internal readonly record struct SampleKey(ulong Seed, long Epoch, long Index);
