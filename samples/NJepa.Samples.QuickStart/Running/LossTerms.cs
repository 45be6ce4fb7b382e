using NJepa.Samples.Figures;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The loss terms by the names under which the program shows them.</summary>
internal static class LossTerms
{
    /// <summary>The terms that the model has, the total first.</summary>
    public static IReadOnlyList<(string Name, double Value)> Of(LossValues losses)
    {
        (string Name, double? Value)[] terms =
        [
            ("total", losses.Total),
            ("clean-teacher", losses.CleanTeacher),
            ("noisy-teacher", losses.NoisyTeacher),
            ("noisy-clean", losses.NoisyClean),
            ("variance", losses.Variance),
            ("covariance", losses.Covariance),
        ];
        return [.. terms.Where(term => term.Value is not null).Select(term => (term.Name, term.Value!.Value))];
    }

    /// <summary>The curves of all terms.</summary>
    public static IReadOnlyList<LossSeries> Series(IReadOnlyList<LossLogEntry> history)
    {
        if (history.Count == 0)
        {
            return [];
        }

        double[] steps = [.. history.Select(report => (double)report.Step)];
        (string Name, double Value)[][] terms = [.. history.Select(report => Of(report.Losses).ToArray())];
        return [.. terms[0].Select((term, i) => new LossSeries(term.Name, steps, [.. terms.Select(entry => entry[i].Value)]))];
    }
}
