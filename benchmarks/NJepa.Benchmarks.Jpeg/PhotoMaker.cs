using SkiaSharp;

namespace NJepa.Benchmarks.Jpeg;

/// <summary>Makes JPEG files as phones write them: 12 megapixels, colour at half the resolution, 3 to 5 MB.</summary>
internal static class PhotoMaker
{
    private const int Width = 4000;
    private const int Height = 3000;
    private const int Quality = 92;

    /// <summary>Standard deviation of the noise added, in 8-bit steps: it gives a file of some 4 MB at this quality.</summary>
    private const double Noise = 8;

    /// <param name="sources">Pictures to enlarge; empty to draw some.</param>
    /// <param name="count">How many to make.</param>
    /// <param name="folder">Where to write them.</param>
    public static IReadOnlyList<string> Make(IReadOnlyList<string> sources, int count, string folder)
    {
        var random = new Random(12);
        sbyte[] noise = [.. Enumerable.Range(0, 1 << 20).Select(_ => (sbyte)Math.Clamp(Math.Round(Noise * Normal(random)), -127, 127))];
        var files = new List<string>();
        for (int i = 0; i < count; i++)
        {
            using SKBitmap photo = new(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
            using (SKCanvas canvas = new(photo))
            {
                if (sources.Count > 0)
                {
                    Enlarge(sources[(int)((long)i * sources.Count / count)], canvas);
                }
                else
                {
                    Draw(random, canvas);
                }
            }

            AddNoise(photo.GetPixelSpan(), noise, random);
            using SKPixmap pixels = photo.PeekPixels();
            using SKData data = pixels.Encode(
                new SKJpegEncoderOptions(Quality, SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore))!;
            files.Add(Path.Combine(folder, $"photo-{i:D2}.jpg"));
            File.WriteAllBytes(files[^1], data.ToArray());
        }

        return files;
    }

    private static void Enlarge(string source, SKCanvas canvas)
    {
        using SKBitmap small = SKBitmap.Decode(source) ?? throw new BenchmarkException($"{source} cannot be decoded.");
        using SKImage image = SKImage.FromBitmap(small);
        if (small.Height > small.Width)
        {
            canvas.Translate(Width, 0);
            canvas.RotateDegrees(90);
        }

        (int width, int height) = small.Height > small.Width ? (Height, Width) : (Width, Height);
        canvas.DrawImage(image, new SKRect(0, 0, width, height), new SKSamplingOptions(SKCubicResampler.CatmullRom));
    }

    private static void Draw(Random random, SKCanvas canvas)
    {
        canvas.Clear(new SKColor(120, 140, 160));
        for (int i = 0; i < 300; i++)
        {
            var center = new SKPoint(random.Next(Width), random.Next(Height));
            float radius = 40 + (random.NextSingle() * 500);
            using var paint = new SKPaint { IsAntialias = true };
            paint.Shader = SKShader.CreateRadialGradient(center, radius, [Color(random), Color(random)], SKShaderTileMode.Clamp);
            canvas.DrawOval(center, new SKSize(radius, radius * (0.3f + random.NextSingle())), paint);
        }
    }

    private static void AddNoise(Span<byte> pixels, sbyte[] noise, Random random)
    {
        for (int start = 0; start < pixels.Length; start += Width * 4)
        {
            Span<byte> row = pixels.Slice(start, Width * 4);
            int place = random.Next(noise.Length - Width);
            for (int x = 0; x < row.Length; x += 4)
            {
                int change = noise[place++];
                row[x] = (byte)Math.Clamp(row[x] + change, 0, 255);
                row[x + 1] = (byte)Math.Clamp(row[x + 1] + change, 0, 255);
                row[x + 2] = (byte)Math.Clamp(row[x + 2] + change, 0, 255);
            }
        }
    }

    private static SKColor Color(Random random) => new((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
