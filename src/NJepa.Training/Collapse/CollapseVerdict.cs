using NJepa.Evaluation;

namespace NJepa.Training;

/// <summary>What a measurement means in the light of those before it.</summary>
internal enum CollapseChange
{
    /// <summary>Nothing that is not known already.</summary>
    None,

    /// <summary>The features have fallen under a threshold.</summary>
    Collapsed,

    /// <summary>They are above both again.</summary>
    Recovered,
}

/// <summary>
/// Judges measurements one after another. An untrained network differs little from image to image, and the first steps may lessen that: the thresholds count once both have been passed, or the
/// warm-up is over. No difference to speak of counts at any time.
/// </summary>
internal sealed class CollapseVerdict(PretrainingOptions options, long warmupSteps)
{
    /// <summary>What has fallen must rise this much above the threshold to count as recovered: one that stays at the threshold is told once.</summary>
    private const double Margin = 1.25;

    private bool _wasHealthy;
    private bool _collapsed;

    /// <summary>To be given every measurement, oldest first.</summary>
    public CollapseChange Judge(CollapseReport report, long step)
    {
        double margin = _collapsed ? Margin : 1;
        bool under = report.FeatureStandardDeviation <= options.CollapseVariation * margin * report.RootMeanSquare || report.RankMe < SmallestRankMe(report) * margin;
        bool same = report.FeatureStandardDeviation <= Math.Min(options.CollapseVariation, CollapseReport.CollapsedVariation) * report.RootMeanSquare;
        _wasHealthy |= !under;
        bool collapsed = same || (under && (_collapsed || _wasHealthy || step >= warmupSteps));
        if (collapsed == _collapsed)
        {
            return CollapseChange.None;
        }

        _collapsed = collapsed;
        return collapsed ? CollapseChange.Collapsed : CollapseChange.Recovered;
    }

    /// <summary>The threshold that applies. A handful of images cannot have many directions.</summary>
    public double SmallestRankMe(CollapseReport report) => Math.Min(options.CollapseRankMe, 1 + ((Math.Min(report.Count, report.Width) - 1) / 10.0));
}
