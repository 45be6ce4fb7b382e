using System.Runtime.InteropServices;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>What a user reads when a step fails in native code.</summary>
public sealed class StepFailureTests : TensorTest
{
    private const string Cuda = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB of which 1.00 MiB is free.\nException raised from malloc at CUDACachingAllocator.cpp:1\nframe #0: c10";
    private const string Cpu = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4503599627370496 bytes. Error code 12 (Cannot allocate memory)\n";

    // On a processor with bfloat16 that is one more remedy.
    private static string OrBFloat16 => NJepaRuntime.HasFastBFloat16(torch.CPU) ? "; build it with WithPrecision(Precision.BFloat16)" : "";

    private static TrainingException Explain(string message, int batch, int? micro, bool recompute = false, Precision precision = Precision.Float32)
    {
        JepaBuilder builder = Parity.TinyModel().WithPrecision(precision);
        using JepaModel model = (recompute ? builder.WithRecomputedActivations() : builder).Build();
        var native = new NativeFailure(message);
        TrainingException explained = StepFailure.Explain(native, 3, 12, new PretrainingOptions { BatchSize = batch, MicroBatchSize = micro }, model);
        explained.InnerException.Should().BeSameAs(native);
        return explained;
    }

    [Fact]
    public void A_full_gpu_is_explained_with_every_remedy() => Explain(Cuda, 16, null).Message.Should().Be(
        "Step 3 of 12 ran out of memory on cpu: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB of which 1.00 MiB is free. Any of these helps: "
        + "set PretrainingOptions.MicroBatchSize to 8 or less (it is null: the whole batch of 16): the same gradients in smaller parts; build the model with WithRecomputedActivations()"
        + OrBFloat16 + "; choose a smaller network or larger patches.");

    [Fact]
    public void A_full_main_memory_is_explained_with_what_is_left_to_do() => Explain(Cpu, 16, 5, recompute: true).Message.Should().Be(
        "Step 3 of 12 ran out of memory on cpu: [enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4503599627370496 bytes. "
        + "Error code 12 (Cannot allocate memory). Any of these helps: "
        + "set PretrainingOptions.MicroBatchSize to 3 or less (it is 5): the same gradients in smaller parts" + OrBFloat16 + "; choose a smaller network or larger patches.");

    [Theory]
    [InlineData(1, null)]
    [InlineData(16, 1)]
    public void One_image_at_a_time_cannot_be_parted(int batch, int? micro) => Explain(Cpu, batch, micro, recompute: true, Precision.BFloat16).Message.Should().EndWith(
        "(Cannot allocate memory). Any of these helps: choose a smaller network or larger patches.");

    [Theory]
    [InlineData("[enforce fail at alloc_cpu.cpp:75] data. DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.")]
    [InlineData("std::bad_alloc")]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")]
    [InlineData("CUDA error: out of memory")]
    public void Other_words_for_full_memory_are_known(string message) =>
        Explain(message, 2, null).Message.Should().StartWith($"Step 3 of 12 ran out of memory on cpu: {message.TrimEnd('.')}. Any of these helps: set PretrainingOptions.MicroBatchSize to 1 or less ");

    [Fact]
    public void Where_memory_was_not_the_cause_nobody_is_told_to_save_it() =>
        Explain("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)\nframe #0", 16, null).Message.Should().Be(
            "Step 3 of 12 failed in the native runtime: mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)");

    // More bytes than there are addresses: nothing is taken.
    [Fact]
    public void What_libtorch_says_when_memory_is_really_short_is_recognised()
    {
        Action allocate = () => torch.empty(1L << 52, torch.ScalarType.Float32);
        ExternalException native = allocate.Should().Throw<ExternalException>().Which;

        Explain(native.Message, 16, null).Message.Should().StartWith("Step 3 of 12 ran out of memory on cpu: ").And.Contain("18014398509481984").And.NotContain("\n");
    }

    private sealed class NativeFailure(string message) : ExternalException(message);
}
