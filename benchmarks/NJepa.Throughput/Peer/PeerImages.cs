using NJepa.Data;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Throughput.Peer;

/// <summary>A data set as a TorchSharp user would write it: SkiaSharp decodes the file, cuts a random crop and scales it; the values become a normalised float tensor.</summary>
internal sealed class PeerImages(IImageSource source, int size) : utils.data.Dataset
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];
    private readonly Random _random = new(0);

    public override long Count => source.Count;

    public override Dictionary<string, Tensor> GetTensor(long index)
    {
        using Stream stream = source.OpenRead((int)index);
        using SKBitmap picture = SKBitmap.Decode(stream);
        double scale;
        double aspect;
        lock (_random)
        {
            (scale, aspect) = (0.3 + (0.7 * _random.NextDouble()), Math.Exp((_random.NextDouble() - 0.5) * 2 * Math.Log(4.0 / 3)));
        }

        double area = (double)picture.Width * picture.Height * scale;
        int width = Math.Min(picture.Width, (int)Math.Sqrt(area * aspect)), height = Math.Min(picture.Height, (int)Math.Sqrt(area / aspect));
        var box = SKRectI.Create((picture.Width - width) / 2, (picture.Height - height) / 2, width, height);
        using var crop = new SKBitmap(box.Width, box.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        picture.ExtractSubset(crop, box);
        using SKBitmap small = crop.Resize(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        ReadOnlySpan<byte> pixels = small.GetPixelSpan();
        var values = new float[3 * size * size];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int i = 0; i < size * size; i++)
            {
                values[(channel * size * size) + i] = ((pixels[(4 * i) + channel] / 255f) - Mean[channel]) / Deviation[channel];
            }
        }

        return new Dictionary<string, Tensor> { ["image"] = tensor(values, [3, size, size]) };
    }
}
