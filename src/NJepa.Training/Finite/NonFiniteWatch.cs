using Microsoft.Extensions.Logging;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>
/// The host's side of <see cref="FiniteGuard"/>: asks it often enough, remembers which images a step had until it has asked, warns of skipped steps, and says when the run must stop.
/// It belongs to the trainer, not to one of its runs: what has happened unseen in a run that failed is seen in the next.
/// </summary>
internal sealed class NonFiniteWatch(JepaModel model, PretrainingOptions options, TrainingSchedule schedule, ILogger logger) : IDisposable
{
    private readonly Queue<(long Step, long[] Samples)> _unread = [];

    /// <summary>What the steps are checked with.</summary>
    public FiniteGuard Guard { get; } = new(model, options.OnNonFinite);

    /// <summary>Steps of the whole run that were skipped, as far as the host knows; belongs into a checkpoint.</summary>
    public long Skipped { get; set; }

    /// <summary>Whether to ask after each step: on the processor the answer costs nothing.</summary>
    public bool EveryStep { get; set; } = model.Device.type == DeviceType.CPU;

    /// <summary>After this many steps the device is asked, report or not: what the host remembers stays small.</summary>
    public int MaxUnread { get; set; } = 500;

    /// <summary>Remembers a step that was taken.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="sampleIndices">Its images.</param>
    public void Add(long step, long[] sampleIndices) => _unread.Enqueue((step, sampleIndices));

    /// <summary>
    /// Asks the device, where that costs nothing or is due, and warns of skipped steps. Ask in any case before a report, a checkpoint and the end: then all steps up to now are known to be good.
    /// </summary>
    /// <param name="inAnyCase">Whether to ask even if the host has to wait.</param>
    /// <returns>The step for which the run must stop, or null if it may go on. The run then stands at <see cref="NonFiniteStep.CompletedSteps"/>.</returns>
    public NonFiniteStep? Check(bool inAnyCase)
    {
        if (_unread.Count == 0 || !(inAnyCase || EveryStep || _unread.Count >= MaxUnread))
        {
            return null;
        }

        long last = _unread.Last().Step;
        NonFiniteFinding? finding = Guard.Read();
        long[] samples = _unread.FirstOrDefault(unread => unread.Step == finding?.FirstStep).Samples ?? [];
        _unread.Clear();
        if (finding is null)
        {
            return null;
        }

        var bad = new NonFiniteStep(finding.FirstStep, schedule.TotalSteps, finding.Terms, samples, schedule.At(finding.FirstStep).LearningRate, options);
        if (options.OnNonFinite == NonFinitePolicy.Stop)
        {
            return bad;
        }

        Skipped += finding.Blocked;
        bad = bad with { Skipped = Skipped };
        logger.SkippedStep(bad.Step + 1, bad.TotalSteps, bad.What, bad.LearningRate, bad.Samples, finding.Blocked, last + 1, Skipped, options.MaxSkippedSteps, bad.Remedies);
        return Skipped > options.MaxSkippedSteps ? bad : null;
    }

    /// <summary>Begins where a checkpoint stands: what nobody has asked for yet was of a run that failed.</summary>
    /// <param name="skipped">Steps that were skipped up to there.</param>
    public void Restart(long skipped)
    {
        _unread.Clear();
        _ = Guard.Read();
        Skipped = skipped;
    }

    public void Dispose() => Guard.Dispose();
}
