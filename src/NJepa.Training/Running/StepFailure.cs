using System.Runtime.InteropServices;
using NJepa.Models;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>Says in a user's words why a step failed in native code, and what to do.</summary>
internal static class StepFailure
{
    // libtorch's words for it: the CUDA allocator's, the CPU allocator's on Linux and on Windows, the C++ library's, and cuBLAS's and cuDNN's.
    private static readonly string[] OutOfMemory = ["out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "STATUS_ALLOC_FAILED"];

    public static TrainingException Explain(ExternalException exception, long step, long totalSteps, PretrainingOptions options, JepaModel model)
    {
        string cause = Cause(exception);
        if (!IsOutOfMemory(exception))
        {
            return new TrainingException(Invariant($"Step {step} of {totalSteps} failed in the native runtime: {cause}"), exception);
        }

        int micro = options.MicroBatchSize ?? options.BatchSize;
        List<string> remedies = [];
        if (micro > 1)
        {
            remedies.Add(Invariant($"set PretrainingOptions.MicroBatchSize to {(micro + 1) / 2} or less (it is {options.MicroBatchSize?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null: the whole batch of " + Invariant($"{options.BatchSize}")}): the same gradients in smaller parts"));
        }

        if (!model.Configuration.RecomputeActivations)
        {
            remedies.Add("build the model with WithRecomputedActivations()");
        }

        if (model.Configuration.Precision != Precision.BFloat16 && NJepaRuntime.HasFastBFloat16(model.Device))
        {
            remedies.Add("build it with WithPrecision(Precision.BFloat16)");
        }

        remedies.Add("choose a smaller network or larger patches");
        return new TrainingException(Invariant($"Step {step} of {totalSteps} ran out of memory on {model.Device}: {cause.TrimEnd('.')}. Any of these helps: {string.Join("; ", remedies)}."), exception);
    }

    /// <summary>Whether native code failed for want of memory.</summary>
    public static bool IsOutOfMemory(ExternalException exception) => OutOfMemory.Any(words => exception.Message.Contains(words, StringComparison.OrdinalIgnoreCase));

    /// <summary>The first line of what native code says; the rest is its call stack.</summary>
    public static string Cause(ExternalException exception) => exception.Message.Split('\n')[0].Trim();
}
