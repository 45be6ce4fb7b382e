namespace NJepa.FaultInjection.Workers;

/// <summary>Which mutations are read.</summary>
/// <param name="Seed">Of the mutations.</param>
/// <param name="Count">How many, a third of each kind of file.</param>
/// <param name="Checkpoint">A whole checkpoint: what is mutated.</param>
internal sealed record FuzzOrder(int Seed, int Count, string Checkpoint);
