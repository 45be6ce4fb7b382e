namespace NJepa.Data;

/// <summary>An image that could not be used.</summary>
/// <param name="Index">Its index in the source.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record BadImage(int Index, string Name, string Reason)
{
    /// <summary>The name and the reason on one line, shortened where they are very long; control characters are shown as \u000A.</summary>
    public override string ToString() => $"{Printable.Name(Name)}: {Printable.Reason(Reason)}";
}
