using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class ResamplerMemoryTests
{
    private static readonly (int Width, int Height)[] Sizes = [(1, 1), (2, 3), (7, 5), (41, 40), (1780, 3)];

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Nothing_is_read_behind_the_slack(int pixelBytes)
    {
        // Results of 1 to 60 columns: 4 taps where pictures are enlarged or hardly reduced, 3560 for the widest in one column.
        using var memory = new GuardedMemory((1780 * 3 * 4) + PixelResampler.Slack);
        foreach ((int width, int height) in Sizes)
        {
            RgbImage image = Pictures.Noise(width, height);
            foreach (PixelBox box in Boxes(width, height))
            {
                foreach (int size in new[] { 1, 2, 9, 33, 60 })
                {
                    foreach (bool mirror in new[] { false, true })
                    {
                        byte[] expected = ImageResampler.Resize(image, box, size, 4, mirror).Pixels;
                        var plan = new CropPlan(AxisPlan.Whole(box.Left, box.Width, size, mirror), AxisPlan.Whole(box.Top, box.Height, 4));
                        Draw(memory, image, plan, pixelBytes, onlyNeeded: false).Should().Equal(expected, "{0}, {1}", box, size);
                        Draw(memory, image, plan, pixelBytes, onlyNeeded: true).Should().Equal(expected, "{0}, {1}", box, size);
                    }
                }
            }
        }
    }

    [Fact]
    public void Packed_images_are_drawn_to_the_last_row_with_few_taps_and_with_many()
    {
        using var folder = new TempFolder();
        byte[][] files = [Pictures.NoisePng(30, 20), Pictures.NoisePng(401, 300, 1)];
        using PackedImages packed = PackedImages.Create(
            new MemorySource(files), folder.At("images.packed"), new PackedImagesOptions { ShorterSide = 300 });
        var decoder = new ImageDecoder();
        foreach (int size in new[] { 2, 7, 150, 250, 300, 400 })
        {
            var whole = new EvaluationTransform { ImageSize = size, ResizeShorterSide = null };
            byte[] expected = new byte[size * size * 3];
            byte[] actual = new byte[size * size * 3];
            decoder.Render(new MemoryStream(files[1]), "test", whole, expected);

            ((IDecodedImageSource)packed).Draw(1, whole, default, decoder.Resampler, actual).Should().BeNull();

            actual.Should().Equal(expected, "size {0}", size);
        }
    }

    [Fact]
    public void A_source_without_slack_or_without_needed_pixels_is_refused()
    {
        var resampler = new PixelResampler();
        var plan = new CropPlan(AxisPlan.Whole(0, 1780, 10), AxisPlan.Whole(0, 10, 10));
        PixelWindow whole = resampler.Prepare(plan, PixelPlacement.FullSize, 1780, 10);
        whole.Should().Be(new PixelWindow(0, 0, 1780, 10));

        foreach (int pixelBytes in new[] { 3, 4 })
        {
            byte[] source = new byte[(1780 * 10 * pixelBytes) + PixelResampler.Slack];
            resampler.Draw(source, whole, new byte[300], pixelBytes);
            FluentActions.Invoking(() => resampler.Draw(source.AsSpan(1), whole, new byte[300], pixelBytes)).Should().Throw<ArgumentOutOfRangeException>();
            FluentActions.Invoking(() => resampler.Draw(source, whole with { Width = 1779 }, new byte[300], pixelBytes)).Should().Throw<ArgumentException>();
        }
    }

    /// <summary>Draws from the last bytes before the guard: the whole picture, or what is needed of it.</summary>
    private static byte[] Draw(GuardedMemory memory, RgbImage image, in CropPlan plan, int pixelBytes, bool onlyNeeded)
    {
        var resampler = new PixelResampler();
        PixelWindow window = resampler.Prepare(plan, PixelPlacement.FullSize, image.Width, image.Height);
        if (!onlyNeeded)
        {
            window = new PixelWindow(0, 0, image.Width, image.Height);
        }

        Span<byte> source = memory.Last((window.Width * window.Height * pixelBytes) + PixelResampler.Slack);
        source.Fill(0xA5);
        for (int y = 0, i = 0; y < window.Height; y++)
        {
            for (int x = 0; x < window.Width; x++, i += pixelBytes)
            {
                image.Pixels.AsSpan((((window.Top + y) * image.Width) + window.Left + x) * 3, 3).CopyTo(source[i..]);
            }
        }

        byte[] result = new byte[plan.Horizontal.Count * plan.Vertical.Count * 3];
        resampler.Draw(source, window, result, pixelBytes);
        return result;
    }

    private static IEnumerable<PixelBox> Boxes(int width, int height) =>
    [
        new PixelBox(0, 0, height, width),
        new PixelBox(height - 1, width - 1, 1, 1),
        new PixelBox(height / 2, width / 2, height - (height / 2), width - (width / 2)),
        new PixelBox(0, 0, (height + 1) / 2, (width + 1) / 2),
    ];
}
