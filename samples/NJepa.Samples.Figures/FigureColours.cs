using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>The colours of all figures. The series are those of Okabe and Ito, which colour-blind readers can tell apart.</summary>
internal static class FigureColours
{
    public static readonly SKColor Background = SKColors.White;
    public static readonly SKColor Text = new(31, 41, 55);
    public static readonly SKColor Caption = new(94, 104, 121);
    public static readonly SKColor Hidden = new(229, 231, 235);
    public static readonly SKColor HiddenGrid = new(209, 213, 219);

    private static readonly SKColor[] SeriesColours =
        [new(0, 114, 178), new(213, 94, 0), new(0, 158, 115), new(204, 121, 167), new(230, 159, 0), new(86, 180, 233)];

    /// <summary>The colour of a series or block; they repeat after six.</summary>
    public static SKColor Series(int index) => SeriesColours[index % SeriesColours.Length];
}
