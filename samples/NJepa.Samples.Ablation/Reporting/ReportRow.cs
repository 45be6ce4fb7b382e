using NJepa.Evaluation;

namespace NJepa.Samples.Ablation.Reporting;

/// <summary>An arm or a floor with what its runs gave.</summary>
/// <param name="Name">The arm's name.</param>
/// <param name="IsFloor">Whether it is something that every arm must beat.</param>
/// <param name="Seeds">The seeds of the finished runs; empty for what has no seed.</param>
/// <param name="LearningRate">The peak learning rate, chosen on a validation part when several were tried; null for floors.</param>
/// <param name="Cells">For each column by name what was measured, in the order of the seeds.</param>
internal sealed record ReportRow(string Name, bool IsFloor, IReadOnlyList<ulong> Seeds, double? LearningRate, IReadOnlyDictionary<string, RepeatedMeasurement> Cells)
{
    /// <summary>This row less another, seed by seed where both have one; what has no seed counts for every seed. Null when they share none.</summary>
    public RepeatedMeasurement? Over(ReportRow other, string column)
    {
        if (!Cells.TryGetValue(column, out RepeatedMeasurement? mine) || !other.Cells.TryGetValue(column, out RepeatedMeasurement? its))
        {
            return null;
        }

        double[] differences = other.Seeds.Count == 0
            ? [.. mine.Values.Select(value => value - its.Values[0])]
            : [.. Seeds.Index().Where(seed => other.Seeds.Contains(seed.Item)).Select(seed => mine.Values[seed.Index] - its.Values[other.Seeds.ToList().IndexOf(seed.Item)])];
        return differences.Length == 0 ? null : new RepeatedMeasurement(differences);
    }
}
