namespace NJepa.Data;

/// <summary>An image that could not be used.</summary>
/// <param name="Index">Its index in the source.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record BadImage(int Index, string Name, string Reason)
{
    /// <summary>The name and the reason.</summary>
    public override string ToString() => $"{Name}: {Reason}";
}
