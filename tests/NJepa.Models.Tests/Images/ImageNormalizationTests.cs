using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Images;

public sealed class ImageNormalizationTests : TensorTest
{
    [Fact]
    public void A_gpu_that_is_not_there_is_named_before_a_tensor_goes_to_it()
    {
        if (NJepaRuntime.GetInfo().IsCudaAvailable)
        {
            return;
        }

        var gpu = new Device(DeviceType.CUDA, 0);
        using JepaModel model = Small.NJepa().Build();
        Action image = () => ImageNormalization.ImageNet.ToTensor(new byte[3072], 1, 32, 32, gpu);
        Action inputs = () => JepaInputs.Create(model.MaskSampler.Sample(0, 0, [1]), null, gpu);
        image.Should().Throw<NativeRuntimeException>().WithMessage("Device 'cuda:0' was asked for, but *");
        inputs.Should().Throw<NativeRuntimeException>().WithMessage("Device 'cuda:0' was asked for, but *");
    }

    [Fact]
    public void Pixels_become_normalised_channels_first_floats()
    {
        ImageNormalization normalization = ImageNormalization.ImageNet;
        (double Mean, double Std)[] channels =
        [
            (normalization.MeanRed, normalization.StdRed), (normalization.MeanGreen, normalization.StdGreen), (normalization.MeanBlue, normalization.StdBlue),
        ];
        channels.Should().Equal((0.485, 0.229), (0.456, 0.224), (0.406, 0.225));
        // Every byte in every channel: 2 images of 16 x 24.
        byte[] pixels = [.. Enumerable.Range(0, 2 * 16 * 24 * 3).Select(i => (byte)((i * 7) + (i / 768)))];

        using Tensor tensor = normalization.ToTensor(pixels, 2, 16, 24, CPU);

        tensor.shape.Should().Equal(2, 3, 16, 24);
        tensor.dtype.Should().Be(ScalarType.Float32);
        tensor.is_contiguous().Should().BeTrue();
        float[] values = Small.Values(tensor);
        for (int i = 0; i < pixels.Length; i++)
        {
            (int image, int row, int column, int channel) = (i / (16 * 24 * 3), i / (24 * 3) % 16, i / 3 % 24, i % 3);
            double expected = ((pixels[i] / 255.0) - channels[channel].Mean) / channels[channel].Std;
            if (Math.Abs(values[(((((image * 3) + channel) * 16) + row) * 24) + column] - expected) > 1e-6)
            {
                Assert.Fail($"Byte {i} = {pixels[i]} became {values[(((((image * 3) + channel) * 16) + row) * 24) + column]:R} where {expected:R} was expected.");
            }
        }
    }

    [Fact]
    public void A_longer_array_gives_the_same_and_its_bytes_are_not_kept()
    {
        byte[] pixels = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];

        using Tensor exact = ImageNormalization.ImageNet.ToTensor(pixels[..48], 1, 4, 4, CPU), longer = ImageNormalization.ImageNet.ToTensor(pixels, 1, 4, 4, CPU);
        Array.Clear(pixels);

        Small.ShouldBeBitEqual(longer, exact);
    }

    [Fact]
    public void Bytes_that_are_on_the_device_already_become_the_same_tensor()
    {
        using DisposeScope scope = NewDisposeScope();
        byte[] pixels = [.. Enumerable.Range(0, 2 * 5 * 7 * 3).Select(i => (byte)(i * 11))];
        Tensor bytes = tensor(pixels, [2, 5, 7, 3]);

        Tensor whole = ImageNormalization.ImageNet.Normalize(bytes), part = ImageNormalization.ImageNet.Normalize(bytes.narrow(0, 1, 1));

        whole.shape.Should().Equal(2, 3, 5, 7);
        Small.ShouldBeBitEqual(whole, ImageNormalization.ImageNet.ToTensor(pixels, 2, 5, 7, CPU));
        Small.ShouldBeBitEqual(part, whole.narrow(0, 1, 1));
        bytes.data<byte>().ToArray().Should().Equal(pixels, "the bytes are left as they are");
    }

    [Fact]
    public void Tensors_that_are_no_pixels_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor disposed = zeros(1, 2, 2, 3, dtype: ScalarType.Byte);
        disposed.Dispose();
        foreach ((Tensor wrong, string what) in new[]
        {
            (zeros(1, 2, 2, 3), "Float32 [1,2,2,3]"),
            (zeros(2, 2, 3, dtype: ScalarType.Byte), "Byte [2,2,3]"),
            (zeros(1, 3, 2, 2, dtype: ScalarType.Byte), "Byte [1,3,2,2]"),
            (disposed, "disposed"),
        })
        {
            Action normalize = () => ImageNormalization.ImageNet.Normalize(wrong);
            normalize.Should().Throw<ArgumentException>().WithMessage($"The pixels are {what}; RGB bytes of shape [B,H,W,3] are needed. (Parameter 'pixelsBHWC')");
        }

        Action nothing = () => ImageNormalization.ImageNet.Normalize(null!);
        nothing.Should().Throw<ArgumentNullException>();
    }

    [Theory]
    [InlineData(47, 1, 4, 4, "47 bytes cannot hold 1 RGB images of 4 x 4 pixels; 48 bytes are needed, and count and sides must be at least 1.")]
    [InlineData(48, 0, 4, 4, "48 bytes cannot hold 0 RGB images of 4 x 4 pixels; 0 bytes are needed, and count and sides must be at least 1.")]
    [InlineData(48, -1, -4, 4, "48 bytes cannot hold -1 RGB images of -4 x 4 pixels; 48 bytes are needed, and count and sides must be at least 1.")]
    [InlineData(48, 1, 0, 4, "48 bytes cannot hold 1 RGB images of 0 x 4 pixels; 0 bytes are needed, and count and sides must be at least 1.")]
    [InlineData(48, int.MaxValue, int.MaxValue, 3, "48 bytes cannot hold 2147483647 RGB images of 2147483647 x 3 pixels; 41505174127191785481 bytes are needed, and count and sides must be at least 1.")]
    public void Arrays_that_are_too_short_are_refused(int bytes, int count, int height, int width, string message)
    {
        Action convert = () => ImageNormalization.ImageNet.ToTensor(new byte[bytes], count, height, width, CPU);

        convert.Should().Throw<ArgumentException>().WithMessage(message + " (Parameter 'pixelsBHWC')");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-300)]
    [InlineData(1e300)]
    [InlineData(-0.2)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_standard_deviation_must_be_in_its_range(double std)
    {
        Action make = () => _ = new ImageNormalization(0.5, 0.5, 0.5, 0.2, std, 0.2), change = () => _ = ImageNormalization.ImageNet with { StdBlue = std };

        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage(
            "ImageNormalization.StdGreen is a standard deviation in units of the pixel range [0, 1]; it must be from 1e-6 to 1e6. (Parameter 'StdGreen')*");
        change.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("StdBlue");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1e40)]
    public void A_mean_must_be_in_its_range(double mean)
    {
        Action make = () => _ = new ImageNormalization(0.5, 0.5, mean, 0.2, 0.2, 0.2), change = () => _ = ImageNormalization.ImageNet with { MeanRed = mean };

        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage("ImageNormalization.MeanBlue is a mean in units of the pixel range [0, 1]; it must be from -1e6 to 1e6. (Parameter 'MeanBlue')*");
        change.Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MeanRed");
    }

    [Fact]
    public void Null_is_refused()
    {
        Action pixels = () => ImageNormalization.ImageNet.ToTensor(null!, 1, 1, 1, CPU), device = () => ImageNormalization.ImageNet.ToTensor(new byte[3], 1, 1, 1, null!);

        pixels.Should().Throw<ArgumentNullException>();
        device.Should().Throw<ArgumentNullException>();
    }
}
