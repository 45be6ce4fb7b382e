using SkiaSharp;

namespace NJepa.Benchmarks.Running;

/// <summary>Drawn pictures as JPEG files: soft colours, edges and grain, so that a decoder has about as much to do as with a photograph.</summary>
internal static class TestPicture
{
    private const int Quality = 90;

    /// <summary>A JPEG of the given size; the same bytes for the same arguments.</summary>
    public static byte[] Jpeg(int width, int height, int seed = 0)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        using (SKShader colours = SKShader.CreateLinearGradient(default, new SKPoint(width, height), [new SKColor(40, 80, 160), new SKColor(230, 190, 120)], SKShaderTileMode.Clamp))
        using (SKShader grain = SKShader.CreatePerlinNoiseFractalNoise(0.05f, 0.05f, 4, seed))
        using (var paint = new SKPaint { Shader = SKShader.CreateCompose(colours, grain, SKBlendMode.SoftLight), IsAntialias = true })
        {
            canvas.DrawRect(0, 0, width, height, paint);
            DrawDiscs(canvas, width, height, seed);
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return data.ToArray();
    }

    private static void DrawDiscs(SKCanvas canvas, int width, int height, int seed)
    {
        var random = new Random(seed);
        using var paint = new SKPaint { IsAntialias = true };
        for (int i = 0; i < 24; i++)
        {
            paint.Color = new SKColor((uint)random.Next() | 0x60000000u).WithAlpha(200);
            canvas.DrawCircle(random.NextSingle() * width, random.NextSingle() * height, (0.02f + (0.1f * random.NextSingle())) * height, paint);
        }
    }
}
