using NJepa.Samples.Figures;
using SkiaSharp;

namespace NJepa.Samples.QuickStart.Tests;

/// <summary>Curves, heat maps and nearest images: the right colours at the right places.</summary>
public sealed class ComparisonFigureTests
{
    private static readonly FigureImage White = new([.. Enumerable.Repeat((byte)255, 64 * 64 * 3)], 64, 64);

    [Fact]
    public void A_curve_rises_from_left_to_right_and_a_gap_is_a_gap()
    {
        using var folder = new TemporaryFolder();

        CurvesFigure.Save(folder.File("curves.png"), "Accuracy", "epoch", "%", [new Curve("kNN", [0, 1, 2, 3, 4], [10, 20, double.NaN, 40, 50])], [new ReferenceLine("floor", 30)]);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File("curves.png"));
        SKPointI[] dots = [.. Pixels(bitmap, FigureColours.Series(0))];
        int[] columns = [.. dots.Where(dot => dot.X < 1350).Select(dot => dot.X).Distinct().Order()];
        (int left, int right) = (columns[0], columns[^1]);
        dots.Where(dot => dot.X < left + 8).Average(dot => dot.Y).Should().BeGreaterThan(dots.Where(dot => dot.X > right - 8 && dot.X <= right).Average(dot => dot.Y) + 300);
        columns.Should().NotContain(x => x > left + ((right - left) * 0.45) && x < left + ((right - left) * 0.55));
    }

    [Fact]
    public void Curves_without_values_are_an_empty_plot()
    {
        using var folder = new TemporaryFolder();

        CurvesFigure.Save(folder.File("none.png"), "", "", "", []);
        CurvesFigure.Save(folder.File("one.png"), "", "", "", [new Curve("a", [0], [5]), new Curve("b", [0, 1], [double.NaN, double.NaN]), new Curve("c", [], [])]);

        using SKBitmap one = SKBitmap.Decode(folder.File("one.png"));
        Pixels(one, FigureColours.Series(0)).Should().NotBeEmpty();
        File.Exists(folder.File("none.png")).Should().BeTrue();
    }

    [Fact]
    public void The_heat_map_is_light_where_patches_are_alike()
    {
        using var folder = new TemporaryFolder();

        SimilarityFigure.Save(folder.File("similarity.png"), [new ComparedPatch(White, 2, 2, 0, [1, 0, 0, 1], [1, -1, 0.5f, float.NaN])]);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File("similarity.png"));
        using var sheet = new ContactSheet("", "", 1, 3, 64, hasFooter: true);
        float[] before = Brightness(sheet.Cell(0, 1)), after = Brightness(sheet.Cell(0, 2));
        before[0].Should().Be(before[3]).And.BeGreaterThan(before[1] + 100);
        before[1].Should().Be(before[2]).And.Be(after[1]).And.Be(after[3]);
        after[2].Should().BeInRange(after[1] + 20, after[0] - 20);

        float[] Brightness(SKRectI cell) =>
        [
            .. Enumerable.Range(0, 4).Select(patch =>
            {
                SKColor colour = bitmap.GetPixel(cell.Left + (cell.Width / 4) + (patch % 2 * cell.Width / 2), cell.Top + (cell.Height / 4) + (patch / 2 * cell.Height / 2));
                return (0.3f * colour.Red) + (0.59f * colour.Green) + (0.11f * colour.Blue);
            }),
        ];
    }

    [Fact]
    public void Cosines_from_0_to_1_become_lighter_all_the_way()
    {
        float[] light = [.. Enumerable.Range(0, 101).Select(i => SimilarityFigure.Colour(i / 100f)).Select(c => (0.3f * c.Red) + (0.59f * c.Green) + (0.11f * c.Blue))];
        light.Zip(light.Skip(1)).Should().OnlyContain(pair => pair.Second > pair.First);
        SimilarityFigure.Colour(-3).Should().Be(SimilarityFigure.Colour(0));
        SimilarityFigure.Colour(7).Should().Be(SimilarityFigure.Colour(1));
    }

    [Fact]
    public void Frames_say_which_neighbours_are_of_the_same_class()
    {
        using var folder = new TemporaryFolder();
        NeighbourRow Row(bool? first, bool? second) => new(White, "class", [[new NeighbourImage(White, 0.9, first), new NeighbourImage(White, -0.1, second)]]);

        NeighboursFigure.Save(folder.File("known.png"), "subtitle", ["encoder"], [Row(true, false)]);
        NeighboursFigure.Save(folder.File("unknown.png"), "subtitle", ["encoder"], [Row(null, null)]);

        using SKBitmap known = SKBitmap.Decode(folder.File("known.png")), unknown = SKBitmap.Decode(folder.File("unknown.png"));
        double same = Pixels(known, NeighboursFigure.Same).Average(pixel => pixel.X), other = Pixels(known, NeighboursFigure.Other).Average(pixel => pixel.X);
        (other - same).Should().BeApproximately(2 * 106, 2);
        Pixels(unknown, NeighboursFigure.Same).Concat(Pixels(unknown, NeighboursFigure.Other)).Should().BeEmpty();
    }

    private static IEnumerable<SKPointI> Pixels(SKBitmap bitmap, SKColor colour) =>
        from y in Enumerable.Range(0, bitmap.Height)
        from x in Enumerable.Range(0, bitmap.Width)
        where bitmap.GetPixel(x, y) == colour
        select new SKPointI(x, y);
}
