using NJepa.Data;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training.Tests;

/// <summary>Crop, antialiased resize and normalisation together, from bytes to what the network reads.</summary>
public sealed class ImagePipelineParityTests : TensorTest
{
    [Theory]
    [InlineData("down", 5, 3, 80, 64, 32)]
    [InlineData("up", 20, 10, 17, 21, 48)]
    [InlineData("full", 0, 0, 100, 75, 24)]
    public void Normalised_crops_equal_the_reference(string name, int left, int top, int width, int height, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(Parity.PathOf("g_image_ops.safetensors"));
        byte[] pixels = [.. file.Read("input_hwc_as_int32").data<int>().ToArray().Select(value => (byte)value)];
        RgbImage crop = ImageResampler.Resize(new RgbImage(100, 75, pixels), new PixelBox(top, left, height, width), size, size);
        Tensor normalised = ImageNormalization.ImageNet.ToTensor(crop.Pixels, 1, size, size, CPU);
        Parity.ShouldMatch(normalised, file.Read(name + ".normalized_chw"), 1e-6, what: name);
    }
}
