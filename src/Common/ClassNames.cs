namespace NJepa;

/// <summary>What is said of classes, in the same words by all who need them.</summary>
internal static class ClassNames
{
    private const int Shown = 10;

    /// <summary>How the classes of a test set differ from those of a training set, with the remedy; null where they are the same, in whatever order.</summary>
    public static string? Difference(IReadOnlyList<string> train, IReadOnlyList<string> test)
    {
        string[] onlyTrain = [.. train.Except(test, StringComparer.Ordinal).Select(name => $"'{name}'")];
        string[] onlyTest = [.. test.Except(train, StringComparer.Ordinal).Select(name => $"'{name}'")];
        return onlyTrain.Length + onlyTest.Length == 0 ? null
            : "The training set and the test set do not have the same classes."
                + (onlyTrain.Length > 0 ? $" Only in the training set: {Listed(onlyTrain)}." : "")
                + (onlyTest.Length > 0 ? $" Only in the test set: {Listed(onlyTest)}." : "")
                + " Classes are matched by name (the names of the folders), upper and lower case included: rename or remove the folders that differ.";
    }

    /// <summary>The first few, and how many more there are.</summary>
    public static string Listed(IReadOnlyList<string> names) =>
        names.Count <= Shown ? string.Join(", ", names) : FormattableString.Invariant($"{string.Join(", ", names.Take(Shown))} and {names.Count - Shown} more");
}
