using System.Runtime.InteropServices;
using TorchSharp;

namespace NJepa.Training.Tests;

public sealed class FineTuningFailureTests
{
    private static readonly FineTuningOptions Options = new() { BatchSize = 32 };

    [Fact]
    public void Want_of_memory_names_the_setting_to_change()
    {
        var native = new NativeFailure("[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.\nframe #0: somewhere");

        FineTuningFailure.Explain(native, 4, 18, Options, torch.CPU).Message.Should().Be(
            "Fine-tuning, after step 4 of 18, ran out of memory on cpu: [enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes. "
            + "Set FineTuningOptions.MicroBatchSize to 16 or less, or choose a smaller encoder.");
        FineTuningFailure.Explain(native, 4, 18, Options with { MicroBatchSize = 1 }, torch.CPU).Message.Should().EndWith("99 bytes. Choose a smaller encoder.");
    }

    [Fact]
    public void Another_failure_is_told_in_its_own_words() =>
        FineTuningFailure.Explain(new NativeFailure("something else.\nframe #0"), 0, 18, Options, torch.CPU).Message.Should().Be("Fine-tuning, after step 0 of 18, failed in the native runtime: something else.");

    [Fact]
    public void A_step_that_is_not_finite_names_terms_images_and_remedies()
    {
        NonFiniteException exception = FineTuningFailure.NonFinite(["loss", "gradient"], 4, 18, 0.002, [.. Enumerable.Range(0, 18).Select(i => (long)i)], Options with { MaxGradientNorm = 3 });

        exception.Message.Should().Be(
            "In step 5 of 18 loss, gradient were infinite or not a number. Learning rate 0.002, images (indices into the source) 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 2 more. "
            + "The step changed nothing: FineTuner.CopyClassifier gives the weights after step 4. To train on, begin again and lower LearningRate (the peak is 0.0005), lower MaxGradientNorm (it is 3), or look at those images.");
    }

    private sealed class NativeFailure(string message) : ExternalException(message);
}
