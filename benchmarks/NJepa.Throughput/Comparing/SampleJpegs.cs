using SkiaSharp;

namespace NJepa.Throughput.Comparing;

/// <summary>A folder of JPEG files of a usual photo's size and weight, for runs without images at hand. Deleted when disposed.</summary>
internal sealed class SampleJpegs : IDisposable
{
    private const int Count = 256, Width = 400, Height = 533, Quality = 85;

    public SampleJpegs()
    {
        Folder = Directory.CreateTempSubdirectory("njepa-throughput-").FullName;
        var random = new Random(0);
        for (int i = 0; i < Count; i++)
        {
            using var bitmap = new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using (var canvas = new SKCanvas(bitmap))
            {
                canvas.Clear(Colour());
                for (int shape = 0; shape < 150; shape++)
                {
                    using var paint = new SKPaint { Color = Colour(), IsAntialias = true };
                    canvas.DrawCircle(random.Next(Width), random.Next(Height), random.Next(2, 60), paint);
                }
            }

            using FileStream file = File.Create(Path.Combine(Folder, FormattableString.Invariant($"{i:000}.jpg")));
            bitmap.Encode(file, SKEncodedImageFormat.Jpeg, Quality);
        }

        SKColor Colour() => new((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));
    }

    public string Folder { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
