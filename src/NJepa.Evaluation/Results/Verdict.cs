namespace NJepa.Evaluation;

/// <summary>Gains over floors in plain words.</summary>
internal static class Verdict
{
    /// <summary>A sentence for each method and each set of features, and one for all methods of a set.</summary>
    public static IReadOnlyList<string> Sentences(IReadOnlyList<AccuracyGain> gains) =>
        [.. gains.GroupBy(gain => gain.Name).SelectMany(OfFeatures)];

    private static IEnumerable<string> OfFeatures(IGrouping<string, AccuracyGain> features)
    {
        AccuracyGain[][] methods = [.. features.GroupBy(gain => gain.Method).Select(method => method.ToArray())];
        foreach (AccuracyGain[] method in methods)
        {
            yield return OfMethod(features.Key, method);
        }

        string floors = methods.Max(method => method.Length) == 2 ? "both floors" : methods.Max(method => method.Length) == 1 ? "the floor" : "all floors";
        string[] better = [.. methods.Where(method => method.All(gain => gain.IsBeyondChance)).Select(method => method[0].Method)];
        string[] others = [.. methods.Select(method => method[0].Method).Except(better)];
        yield return better.Length == 0 ? $"{features.Key}: by no method better than {floors} beyond chance."
            : others.Length == 0 ? $"{features.Key}: by every method better than {floors} beyond chance."
            : $"{features.Key}: better than {floors} beyond chance by {string.Join(" and ", better)}, not by {string.Join(" and ", others)}.";
    }

    private static string OfMethod(string name, AccuracyGain[] gains)
    {
        // On the same images the better floor is the one over which the gain is smallest.
        AccuracyGain least = gains.MinBy(gain => gain.Difference)!;
        if (gains.All(gain => gain.IsBeyondChance))
        {
            string what = gains.Length == 1 ? least.Floor : $"the better floor ({least.Floor})";
            return $"{least.Method}: {name} over {what}: {least} points.";
        }

        return $"{least.Method}: " + string.Join("; ", gains.Where(gain => !gain.IsBeyondChance).Select(
            gain => $"{name} is {(gain.High < 0 ? "worse than" : "not better beyond chance than")} {gain.Floor}: {gain} points")) + ".";
    }
}
