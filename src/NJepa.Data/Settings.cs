namespace NJepa.Data;

/// <summary>Reports all errors of a set of options at once.</summary>
internal static class Settings
{
    public static void ThrowIfInvalid(string what, IReadOnlyList<string> errors, string parameter)
    {
        if (errors.Count > 0)
        {
            throw new ArgumentException($"{what}:{string.Concat(errors.Select(error => $"{Environment.NewLine}  - {error}"))}", parameter);
        }
    }
}
