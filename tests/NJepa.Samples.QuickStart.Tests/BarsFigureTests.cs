using NJepa.Samples.Figures;
using SkiaSharp;

namespace NJepa.Samples.QuickStart.Tests;

public sealed class BarsFigureTests
{
    [Fact]
    public void Each_row_has_its_mean_at_its_place_and_points_below_it()
    {
        using var folder = new TemporaryFolder();

        BarsFigure.Save(folder.File("bars.png"), "Arms", "accuracy, %", [new Bar("first", 40, 38, 42, [39, 41]), new Bar("second", 80, double.NaN, double.NaN, [])], [new ReferenceLine("untrained", 20)]);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File("bars.png"));
        SKPointI[] dots = [.. Pixels(bitmap, FigureColours.Series(0))];
        int middle = (dots.Min(dot => dot.Y) + dots.Max(dot => dot.Y)) / 2;
        double first = dots.Where(dot => dot.Y < middle).Average(dot => dot.X), second = dots.Where(dot => dot.Y > middle).Average(dot => dot.X);
        second.Should().BeGreaterThan(first + 300);

        // 20 lies half as far below 40 as 80 lies above it.
        int[] dashes = [.. Pixels(bitmap, FigureColours.Caption).Where(pixel => pixel.Y > middle - 20 && pixel.Y < middle + 20 && pixel.X < first).Select(pixel => pixel.X)];
        dashes.Should().NotBeEmpty();
        dashes.Average().Should().BeApproximately(first - ((second - first) / 2), 3);
    }

    [Fact]
    public void Rows_without_value_and_figures_without_any_are_drawn()
    {
        using var folder = new TemporaryFolder();
        var missing = new Bar("failed", double.NaN, double.NaN, double.NaN, []);

        BarsFigure.Save(folder.File("none.png"), "", "", [missing]);
        BarsFigure.Save(folder.File("same.png"), "", "", [missing, new Bar(new string('x', 200), 1, 1, 1, [1, 1])], [new ReferenceLine("same", 1), new ReferenceLine("as well", 1), new ReferenceLine("none", double.NaN)]);

        File.Exists(folder.File("none.png")).Should().BeTrue();
        using SKBitmap bitmap = SKBitmap.Decode(folder.File("same.png"));
        Pixels(bitmap, FigureColours.Series(0)).Should().NotBeEmpty();
        Action empty = () => BarsFigure.Save(folder.File("empty.png"), "", "", []);
        empty.Should().Throw<ArgumentException>().WithMessage("The figure has no rows; give it at least one.*");
    }

    [Theory]
    [InlineData(0, 100, 7, 20, 0, "0 20 40 60 80 100")]
    [InlineData(0.31, 0.52, 5, 0.05, 2, "0.30 0.35 0.40 0.45 0.50")]
    [InlineData(-3, 2, 5, 1, 0, "−3 −2 −1 0 1 2")]
    public void Ticks_are_round_numbers_within_the_axis(double low, double high, int count, double step, int decimals, string ticks)
    {
        var axis = new AxisScale([low, high], count);

        (axis.Step, axis.Decimals).Should().Be((step, decimals));
        string.Join(' ', axis.Ticks().Select(tick => axis.Text(tick, 0))).Should().Be(ticks);
        axis.Place(low).Should().BeInRange(0, 0.1);
        axis.Place(high).Should().BeInRange(0.9, 1);
    }

    [Fact]
    public void What_is_counted_has_whole_ticks()
    {
        new AxisScale([0, 3], 8, margin: 0, leastStep: 1).Ticks().Should().Equal(0, 1, 2, 3);
        new AxisScale([0, 14], 8, margin: 0, leastStep: 1).Ticks().Should().Equal(0, 2, 4, 6, 8, 10, 12, 14);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(1e-12)]
    [InlineData(1e12)]
    public void One_value_has_an_axis_of_its_own(double value)
    {
        var axis = new AxisScale([value], 5);

        axis.Place(value).Should().BeApproximately(0.5, 0.5);
        axis.Ticks().Should().HaveCountLessThan(20);
        axis.High.Should().BeGreaterThan(axis.Low);
    }

    [Fact]
    public void Long_labels_take_two_lines_and_end_in_an_ellipsis()
    {
        IReadOnlyList<string> lines = FigureText.Wrap("one two three four five six seven eight nine ten", 15, bold: true, 120, 2);

        lines.Should().HaveCount(2);
        lines[0].Should().StartWith("one two");
        lines[1].Should().EndWith("…");
        lines.Should().OnlyContain(line => FigureText.Width(line, 15, true) <= 120);
        FigureText.Wrap("", 15, bold: false, 100, 2).Should().Equal("");
    }

    private static IEnumerable<SKPointI> Pixels(SKBitmap bitmap, SKColor colour)
    {
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                if (bitmap.GetPixel(x, y) == colour)
                {
                    yield return new SKPointI(x, y);
                }
            }
        }
    }
}
