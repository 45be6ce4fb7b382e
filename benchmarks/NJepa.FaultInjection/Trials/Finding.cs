namespace NJepa.FaultInjection.Trials;

/// <summary>A line of the table.</summary>
/// <param name="Trial">What was done.</param>
/// <param name="Must">What must be.</param>
/// <param name="Seen">What was.</param>
/// <param name="Passed">Whether it is what must be; null where the system does not permit to find out.</param>
internal sealed record Finding(string Trial, string Must, string Seen, bool? Passed);
