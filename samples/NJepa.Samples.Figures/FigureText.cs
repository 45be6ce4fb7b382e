using SkiaSharp;

namespace NJepa.Samples.Figures;

/// <summary>Text of figures that are drawn by hand, in the figures' own typefaces.</summary>
internal static class FigureText
{
    /// <summary>Draws one line and returns its width.</summary>
    public static float Draw(SKCanvas canvas, string text, float x, float baseline, float size, bool bold, SKColor colour, SKTextAlign align = SKTextAlign.Left)
    {
        using SKFont font = Font(size, bold);
        using var paint = new SKPaint { Color = colour, IsAntialias = true };
        canvas.DrawText(text, x, baseline, align, font, paint);
        return font.MeasureText(text);
    }

    /// <summary>The width that a line would have.</summary>
    public static float Width(string text, float size, bool bold)
    {
        using SKFont font = Font(size, bold);
        return font.MeasureText(text);
    }

    /// <summary>Breaks text between words into lines no wider than asked for, as far as its words allow; what does not fit into the last line ends in an ellipsis.</summary>
    public static IReadOnlyList<string> Wrap(string text, float size, bool bold, float width, int mostLines)
    {
        using SKFont font = Font(size, bold);
        var lines = new List<string> { "" };
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string longer = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            if (font.MeasureText(longer) <= width || lines[^1].Length == 0 || lines.Count == mostLines)
            {
                lines[^1] = longer;
            }
            else
            {
                lines.Add(word);
            }
        }

        return [.. lines.Select(line => Shorten(line, font, width))];
    }

    private static string Shorten(string line, SKFont font, float width)
    {
        if (font.MeasureText(line) <= width)
        {
            return line;
        }

        int length = line.Length;
        while (length > 1 && font.MeasureText(line[..length].TrimEnd() + "…") > width)
        {
            length--;
        }

        return line[..length].TrimEnd() + "…";
    }

    private static SKFont Font(float size, bool bold) => new(bold ? FigureFonts.SemiBold : FigureFonts.Regular, size)
    {
        Subpixel = true,
        Edging = SKFontEdging.Antialias,
        Hinting = SKFontHinting.None,
    };
}
