using System.Runtime.InteropServices;
using TorchSharp;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>Says in a user's words why fine-tuning ended early, and what to do.</summary>
internal static class FineTuningFailure
{
    private const int ShownSamples = 16;

    /// <summary>A failure of native code after so many steps.</summary>
    public static TrainingException Explain(ExternalException native, long step, long totalSteps, FineTuningOptions options, torch.Device device)
    {
        string where = Invariant($"Fine-tuning, after step {step} of {totalSteps},"), cause = StepFailure.Cause(native).TrimEnd('.');
        if (!StepFailure.IsOutOfMemory(native))
        {
            return new TrainingException($"{where} failed in the native runtime: {cause}.", native);
        }

        int micro = options.MicroBatchSize ?? options.BatchSize;
        string smaller = micro > 1 ? Invariant($"Set FineTuningOptions.MicroBatchSize to {(micro + 1) / 2} or less, or choose") : "Choose";
        return new TrainingException($"{where} ran out of memory on {device}: {cause}. {smaller} a smaller encoder.", native);
    }

    /// <summary>A step whose loss or gradients were not finite, after so many that were.</summary>
    public static NonFiniteException NonFinite(IReadOnlyList<string> terms, long step, long totalSteps, double learningRate, long[] samples, FineTuningOptions options)
    {
        string shown = string.Join(", ", samples.Take(ShownSamples)) + (samples.Length > ShownSamples ? Invariant($" and {samples.Length - ShownSamples} more") : "");
        string clip = options.MaxGradientNorm is { } norm ? Invariant($"lower MaxGradientNorm (it is {norm})") : "set MaxGradientNorm (for example to 1)";
        return new NonFiniteException(
            Invariant($"In step {step + 1} of {totalSteps} {string.Join(", ", terms)} {(terms.Count == 1 ? "was" : "were")} infinite or not a number. Learning rate {learningRate}, images (indices into the source) {shown}. ")
            + Invariant($"The step changed nothing: FineTuner.CopyClassifier gives the weights after step {step}. To train on, begin again and lower LearningRate (the peak is {options.LearningRate}), {clip}, or look at those images."),
            step + 1,
            terms,
            samples);
    }
}
