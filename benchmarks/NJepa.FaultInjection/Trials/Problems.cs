namespace NJepa.FaultInjection.Trials;

/// <summary>What was not as it must be.</summary>
internal class Problems
{
    private const int Told = 3;

    public List<string> Wrong { get; } = [];

    public void Require(bool condition, FormattableString otherwise)
    {
        if (!condition)
        {
            Wrong.Add(FormattableString.Invariant(otherwise));
        }
    }

    /// <summary>The first few, for the table; nothing when there are none.</summary>
    public string Text() => Wrong.Count == 0 ? "" : $"; WRONG: {string.Join("; ", Wrong.Take(Told))}{(Wrong.Count > Told ? FormattableString.Invariant($"; {Wrong.Count} in all") : "")}";
}
