using BenchmarkDotNet.Attributes;
using NJepa.Benchmarks.Running;
using NJepa.Data;

namespace NJepa.Benchmarks.Parts;

/// <summary>A JPEG in memory to a random crop of 224 pixels: what a loader thread does with each image. The time is an image's.</summary>
public class ImageDecoding
{
    // Crops differ in how much of the picture they show and so in cost: every invocation draws the same ones.
    private const int Crops = 8;
    private readonly byte[] _crop = new byte[224 * 224 * 3];
    private readonly ImageDecoder _scaled = new();
    private readonly ImageDecoder _fullSize = new(new ImageDecodingOptions { ScaledDecoding = false });
    private byte[] _jpeg = [];

    /// <summary>The picture's size: one of ImageNet's and one of a camera.</summary>
    [Params("400x533", "4000x3000")]
    public string Picture { get; set; } = "";

    /// <summary>Draws the picture.</summary>
    [GlobalSetup]
    public void Setup()
    {
        int[] size = Array.ConvertAll(Picture.Split('x'), int.Parse);
        _jpeg = TestPicture.Jpeg(size[0], size[1]);
    }

    /// <summary>Decoded no larger than the crop needs: the default.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Crops)]
    public byte[] Scaled() => Render(_scaled);

    /// <summary>Decoded at full size first.</summary>
    [Benchmark(OperationsPerInvoke = Crops)]
    public byte[] FullSize() => Render(_fullSize);

    private byte[] Render(ImageDecoder decoder)
    {
        for (int index = 0; index < Crops; index++)
        {
            using var file = new MemoryStream(_jpeg);
            decoder.Render(file, "benchmark.jpg", TrainingAugmentation.Paper, _crop, index: index);
        }

        return _crop;
    }
}
