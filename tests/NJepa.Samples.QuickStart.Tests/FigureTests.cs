using NJepa.Samples.QuickStart.Figures;
using SkiaSharp;

namespace NJepa.Samples.QuickStart.Tests;

public sealed class FigureTests
{
    [Fact]
    public void Text_is_drawn_with_the_embedded_font()
    {
        FigureFonts.Regular.FamilyName.Should().Be("Inter");
        FigureFonts.Regular.ContainsGlyphs("8 × 8 patches, 24–34, teacher’s").Should().BeTrue();

        using var sheet = new ContactSheet("Title", "Subtitle", 1, 1, 64, hasFooter: false);
        sheet.Text("gjpqy", 10, 20, 15, bold: false, SKColors.Black).Should().BeGreaterThan(20);
    }

    [Fact]
    public void The_loss_curve_has_text_of_the_embedded_font()
    {
        using var folder = new TemporaryFolder();
        double[] steps = [.. Enumerable.Range(1, 200).Select(i => (double)i)];

        LossFigure.Save(folder.File("loss.png"), [new LossSeries("loss", steps, [.. steps.Select(step => 1 / step)])]);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File("loss.png"));
        (bitmap.Width, bitmap.Height).Should().Be((800, 500));
        // The title is dark text in a strip that is otherwise white.
        Enumerable.Range(0, 800 * 40).Count(i => bitmap.GetPixel(i % 800, i / 800).Red < 100).Should().BeGreaterThan(100);
    }

    [Fact]
    public void A_loss_curve_with_nothing_finite_is_an_empty_plot()
    {
        using var folder = new TemporaryFolder();

        LossFigure.Save(folder.File("loss.png"), [new LossSeries("loss", [1, 2], [double.NaN, double.PositiveInfinity])]);
        LossFigure.Save(folder.File("one.png"), [new LossSeries("loss", [1], [0.5])]);

        File.Exists(folder.File("loss.png")).Should().BeTrue();
        File.Exists(folder.File("one.png")).Should().BeTrue();
    }

    [Fact]
    public void The_mask_sheet_shows_the_context_and_hides_the_rest()
    {
        using var folder = new TemporaryFolder();
        byte[] red = [.. Enumerable.Range(0, 64 * 64 * 3).Select(i => (byte)(i % 3 == 0 ? 255 : 0))];

        MaskFigure.Save(folder.File("masks.png"), [new MaskedImage(new FigureImage(red, 64, 64), 8, 8, [0, 63], [[1, 2], [62, 63]])]);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File("masks.png"));
        using var sheet = new ContactSheet("", "", 1, 3, 64, hasFooter: true);
        SKRectI context = sheet.Cell(0, 1);
        bitmap.GetPixel(context.Left + 12, context.Top + 12).Should().Be(new SKColor(255, 0, 0));
        bitmap.GetPixel(context.Right - 12, context.Bottom - 12).Should().Be(new SKColor(255, 0, 0));
        bitmap.GetPixel(context.MidX + 12, context.MidY + 12).Should().Be(FigureColours.Hidden);
    }

    [Fact]
    public void An_image_with_too_few_bytes_is_refused()
    {
        Action act = () => new FigureImage(new byte[10], 2, 2).ToBitmap();

        act.Should().Throw<InvalidOperationException>().WithMessage("An image of 2 x 2 pixels has 10 bytes; it needs width x height x 3.");
    }

    [Fact]
    public void Principal_colours_follow_the_directions_of_largest_variance()
    {
        // Three independent directions with standard deviations 9, 3 and 1 in five dimensions, and an offset that must not matter.
        var random = CounterRandom.Create(1, RandomPurpose.Evaluation);
        var features = new float[400 * 5];
        var truth = new double[3][];
        for (int i = 0; i < 3; i++)
        {
            truth[i] = new double[400];
        }

        for (int row = 0; row < 400; row++)
        {
            for (int i = 0; i < 3; i++)
            {
                truth[i][row] = Math.Pow(3, 2 - i) * Math.Sqrt(12) * (random.NextDouble() - 0.5);
            }

            features[row * 5] = 100;
            features[(row * 5) + 4] = (float)truth[0][row];
            features[(row * 5) + 2] = (float)truth[1][row];
            features[(row * 5) + 1] = (float)truth[2][row];
        }

        byte[] colours = PrincipalColours.Compute(features, 5);

        for (int i = 0; i < 3; i++)
        {
            Correlation([.. Enumerable.Range(0, 400).Select(row => (double)colours[(row * 3) + i])], truth[i]).Should().BeGreaterThan(0.97);
        }
    }

    [Fact]
    public void Features_without_variance_are_grey()
    {
        PrincipalColours.Compute(Enumerable.Repeat(1f, 12).ToArray(), 4).Should().AllBeEquivalentTo((byte)128);
    }

    private static double Correlation(double[] a, double[] b)
    {
        double meanA = a.Average();
        double meanB = b.Average();
        double covariance = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        return covariance / Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
    }
}
