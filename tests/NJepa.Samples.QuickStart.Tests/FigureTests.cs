using NJepa.Samples.Figures;
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
    public void The_feature_sheet_shows_one_square_per_patch()
    {
        using var folder = new TemporaryFolder();
        var image = new FigureImage(new byte[64 * 64 * 3], 64, 64);
        var before = new FigureImage([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9], 2, 2);
        var after = new FigureImage([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2, 2);

        PatchFeatureFigure.Save(folder.File("features.png"), [image], [before], 0.9, [after], 0.1);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File("features.png"));
        using var sheet = new ContactSheet("", "", 1, 3, 64, hasFooter: false);
        SKRectI top = sheet.Cell(0, 1);
        bitmap.GetPixel(top.Left + 3, top.Top + 3).Should().Be(new SKColor(255, 0, 0));
        bitmap.GetPixel(top.MidX - 2, top.MidY - 2).Should().Be(new SKColor(255, 0, 0));
        bitmap.GetPixel(top.MidX + 2, top.MidY - 2).Should().Be(new SKColor(0, 255, 0));
        SKRectI bottom = sheet.Cell(0, 2);
        bitmap.GetPixel(bottom.Right - 3, bottom.Bottom - 3).Should().Be(new SKColor(10, 11, 12));
    }

    [Fact]
    public void An_image_with_too_few_bytes_is_refused()
    {
        Action act = () => new FigureImage(new byte[10], 2, 2).ToBitmap();

        act.Should().Throw<InvalidOperationException>().WithMessage("An image of 2 x 2 pixels has 10 bytes; it needs width x height x 3.");
    }
}
