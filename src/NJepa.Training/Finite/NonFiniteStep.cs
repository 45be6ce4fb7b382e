using NJepa.Models;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>A step with numbers that are not finite, as people are told of it.</summary>
/// <param name="Step">The step, counted from 0.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Terms">What was not finite.</param>
/// <param name="SampleIndices">The images of the step.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
/// <param name="Options">The settings of the run.</param>
internal sealed record NonFiniteStep(long Step, long TotalSteps, IReadOnlyList<string> Terms, IReadOnlyList<long> SampleIndices, double LearningRate, PretrainingOptions Options)
{
    private const int ShownSamples = 16;

    /// <summary>Steps of the whole run that were skipped, this one included; 0 under <see cref="NonFinitePolicy.Stop"/>.</summary>
    public long Skipped { get; init; }

    /// <summary>Where the run stands: under <see cref="NonFinitePolicy.Stop"/> the weights are those after this number of steps. Null where it goes on from the step that it has reached.</summary>
    public long? CompletedSteps => Options.OnNonFinite == NonFinitePolicy.Stop ? Step : null;

    /// <summary>What was not finite, and the images, for messages.</summary>
    public string What => $"{string.Join(", ", Terms)} {(Terms.Count == 1 ? "was" : "were")} infinite or not a number";

    /// <summary>The images, for messages.</summary>
    public string Samples => string.Join(", ", SampleIndices.Take(ShownSamples)) + (SampleIndices.Count > ShownSamples ? Invariant($" and {SampleIndices.Count - ShownSamples} more") : "");

    /// <summary>What may help, for messages.</summary>
    public string Remedies
    {
        get
        {
            string clip = Options.MaxGradientNorm is { } norm ? Invariant($"lower MaxGradientNorm (it is {norm})") : "set MaxGradientNorm (for example to 1)";
            return Invariant($"lower LearningRate (the peak is {Options.LearningRate}), {clip}, look at those images");
        }
    }

    /// <summary>What ends the run.</summary>
    public NonFiniteException ToException()
    {
        string consequence = Options.OnNonFinite == NonFinitePolicy.Stop
            ? Invariant($"The step changed nothing: the weights are those after step {Step}. To go on, {Remedies}, or set OnNonFinite to NonFinitePolicy.SkipStep.")
            : Invariant($"It is one of {Skipped} skipped steps, more than MaxSkippedSteps = {Options.MaxSkippedSteps}; none of them changed the weights. To go on, {Remedies}, or raise MaxSkippedSteps.");
        return new NonFiniteException(
            Invariant($"In step {Step + 1} of {TotalSteps} {What}. Learning rate {LearningRate}, images (indices into the source) {Samples}. {consequence}"), Step + 1, Terms, SampleIndices);
    }
}
