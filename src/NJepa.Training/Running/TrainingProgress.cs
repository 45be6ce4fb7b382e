using System.Globalization;
using NJepa.Evaluation;

namespace NJepa.Training;

/// <summary>Where a run is, every <see cref="PretrainingOptions.LogEvery"/> steps and after the last.</summary>
/// <param name="Step">Steps done so far.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Epoch">The epoch of the last step, counted from 1.</param>
/// <param name="Epochs">Epochs of the whole run.</param>
/// <param name="Losses">Loss terms, averaged over the steps since the last report without skipped ones; not a number if all were skipped.</param>
/// <param name="Settings">Learning rate, weight decay and momentum of the last step.</param>
/// <param name="ImagesPerSecond">Images trained on per second since the last report; the time of a probe's readings and of packing images is not counted.</param>
/// <param name="LoaderWaitShare">Share of the time since the last report that training waited for images, 0 to 1. Well above 0: raise LoaderThreads or shrink the images beforehand.</param>
/// <param name="Elapsed">Time since the run started.</param>
/// <param name="Remaining">Estimated time to the end, from the speed since the first report.</param>
public sealed record TrainingProgress(
    long Step,
    long TotalSteps,
    int Epoch,
    int Epochs,
    LossValues Losses,
    StepSettings Settings,
    double ImagesPerSecond,
    double LoaderWaitShare,
    TimeSpan Elapsed,
    TimeSpan Remaining)
{
    /// <summary>Whether the teacher still tells images apart, measured after <see cref="Step"/> on a fixed choice of images; null in reports where this was not due. See <see cref="PretrainingOptions.CollapseCheckEvery"/>.</summary>
    public CollapseReport? Collapse { get; init; }

    /// <summary>The newest reading of <see cref="JepaTrainer.Probe"/>, whose own <see cref="OnlineProbeReading.Step"/> says how old it is; null without a probe.</summary>
    public OnlineProbeReading? Probe { get; init; }

    /// <summary>One line for a console or a log.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"step {Step}/{TotalSteps}, epoch {Epoch}/{Epochs}: {Losses}; {ImagesPerSecond:0} images/s, {TimeSpan.FromSeconds(Math.Round(Remaining.TotalSeconds)):c} left");
}
