using System.Globalization;
using NJepa.Evaluation;

namespace NJepa.Training;

/// <summary>What an <see cref="OnlineProbe"/> found after some step.</summary>
/// <param name="Step">Steps done; 0 for the untrained encoder.</param>
/// <param name="Epoch">The epoch of the last step, counted from 1; 0 before the first step.</param>
/// <param name="NearestNeighbours">Share of the test images whose class their nearest neighbours name, from 0 to 1.</param>
/// <param name="LinearProbe">Share of the test images whose class a linear classifier names, from 0 to 1; null where <see cref="OnlineProbeOptions.LinearProbe"/> is null.</param>
/// <param name="RankMe">The effective number of dimensions of the training images' features (<see cref="CollapseReport.RankMe"/>).</param>
/// <param name="TrainingImages">Images that the classifiers learned from.</param>
/// <param name="TestImages">Images that they were tested on.</param>
public sealed record OnlineProbeReading(long Step, int Epoch, double NearestNeighbours, double? LinearProbe, double RankMe, int TrainingImages, int TestImages)
{
    /// <summary>What the reading took, by the clock; zero for one that was read from a <see cref="ProbeLog"/>.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The 95 % interval of <see cref="NearestNeighbours"/> given so few test images.</summary>
    public AccuracyInterval NearestNeighboursInterval => Interval(NearestNeighbours);

    /// <summary>The 95 % interval of <see cref="LinearProbe"/> given so few test images; null where there is none.</summary>
    public AccuracyInterval? LinearProbeInterval => LinearProbe is { } accuracy ? Interval(accuracy) : null;

    /// <summary>One line for a console or a log.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"probe after step {Step}: kNN {100 * NearestNeighbours:0.0} %, {(LinearProbe is { } linear ? $"linear probe {(100 * linear).ToString("0.0", CultureInfo.InvariantCulture)} %, " : "")}RankMe {RankMe:0.0}");

    private AccuracyInterval Interval(double accuracy) => AccuracyInterval.Wilson((int)Math.Round(accuracy * TestImages), TestImages);
}
