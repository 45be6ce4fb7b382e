namespace NJepa.Samples.Figures;

/// <summary>The first three principal components of the patch features as red, green and blue: patches that the encoder finds alike look alike.</summary>
internal static class PatchFeatureFigure
{
    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">One to about eight images.</param>
    /// <param name="before">For each image the colours of the untrained encoder, one pixel per patch.</param>
    /// <param name="placeBefore">The part of the untrained features' variance that the place of a patch explains, from 0 to 1.</param>
    /// <param name="after">For each image the colours of the trained encoder.</param>
    /// <param name="placeAfter">The same part of the trained features' variance.</param>
    public static void Save(
        string path, IReadOnlyList<FigureImage> images, IReadOnlyList<FigureImage> before, double placeBefore, IReadOnlyList<FigureImage> after, double placeAfter)
    {
        using var sheet = new ContactSheet(
            "Patch features",
            "The first three principal components of each patch’s features as red, green and blue: patches that the encoder finds alike look alike.",
            images.Count,
            3,
            images[0].Width,
            hasFooter: false);
        sheet.RowHeading(0, "Image");
        sheet.RowHeading(1, "Before", "untrained encoder;", "place alone explains", Variance(placeBefore));
        sheet.RowHeading(2, "After", "pretrained encoder;", "place alone explains", Variance(placeAfter));
        for (int column = 0; column < images.Count; column++)
        {
            sheet.Image(images[column], sheet.Cell(column, 0));
            sheet.Image(before[column], sheet.Cell(column, 1));
            sheet.Image(after[column], sheet.Cell(column, 2));
        }

        sheet.Save(path);
    }

    private static string Variance(double share) => $"{Math.Round(100 * share)} % of the variance";
}
