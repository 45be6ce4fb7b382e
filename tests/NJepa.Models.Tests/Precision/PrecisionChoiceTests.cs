using TorchSharp;

namespace NJepa.Models.Tests.Precisions;

public sealed class PrecisionChoiceTests : TensorTest
{
    [Fact]
    public void Models_are_float32_and_keep_activations_unless_told_otherwise()
    {
        JepaConfiguration configuration = Small.NJepa().Configure(), chosen = Small.NJepa().WithPrecision(Precision.BFloat16).WithRecomputedActivations().Configure();

        (configuration.Precision, configuration.RecomputeActivations).Should().Be((Precision.Float32, false));
        (chosen.Precision, chosen.RecomputeActivations).Should().Be((Precision.BFloat16, true));
        Enum.GetValues<Precision>().Should().Equal(Precision.Float32, Precision.TensorFloat32, Precision.BFloat16);
    }

    [Fact]
    public void TensorFloat32_on_a_processor_is_float32() =>
        OneStep.Of(Small.NJepa().WithPrecision(Precision.TensorFloat32)).ShouldBeBitEqual(OneStep.Of(Small.NJepa()));

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void A_precision_that_is_none_is_refused(int value)
    {
        Action build = () => Small.NJepa().WithPrecision((Precision)value).Build();

        build.Should().Throw<JepaConfigurationException>().WithMessage(
            $"The model cannot be built:\n- JepaConfiguration.Precision is {value}; it must be Float32 (0), TensorFloat32 (1) or BFloat16 (2).");
    }

    [Fact]
    public void The_processor_s_bfloat16_is_what_its_instructions_say()
    {
        bool here = MatrixProducts.ProcessorHasBFloat16;
        try
        {
            MatrixProducts.ProcessorHasBFloat16 = true;
            NJepaRuntime.HasFastBFloat16(torch.CPU).Should().BeTrue();
            MatrixProducts.ProcessorHasBFloat16 = false;
            NJepaRuntime.HasFastBFloat16(torch.CPU).Should().BeFalse();
        }
        finally
        {
            MatrixProducts.ProcessorHasBFloat16 = here;
        }

        NJepaRuntime.HasFastBFloat16(new torch.Device(DeviceType.CUDA, 0)).Should().BeTrue();
        NJepaRuntime.HasFastBFloat16(new torch.Device(DeviceType.MPS)).Should().BeFalse();
        Action nothing = () => NJepaRuntime.HasFastBFloat16(null!);
        nothing.Should().Throw<ArgumentNullException>();
    }
}
