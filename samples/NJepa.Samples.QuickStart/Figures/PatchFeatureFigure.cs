namespace NJepa.Samples.QuickStart.Figures;

/// <summary>The first three principal components of the patch features as red, green and blue: patches that the encoder finds alike look alike.</summary>
internal static class PatchFeatureFigure
{
    /// <summary>Writes the figure as PNG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">One to about eight images.</param>
    public static void Save(string path, IReadOnlyList<PatchFeatureImage> images)
    {
        using var sheet = new ContactSheet(
            "Patch features",
            "Principal components of the patch features as red, green and blue, less the mean of each place: patches that the encoder finds alike look alike.",
            images.Count,
            3,
            images[0].Image.Width,
            hasFooter: false);
        sheet.RowHeading(0, "Image");
        sheet.RowHeading(1, "Before", "untrained encoder");
        sheet.RowHeading(2, "After", "pretrained encoder");
        for (int column = 0; column < images.Count; column++)
        {
            sheet.Image(images[column].Image, sheet.Cell(column, 0));
            sheet.Image(images[column].Before, sheet.Cell(column, 1));
            sheet.Image(images[column].After, sheet.Cell(column, 2));
        }

        sheet.Save(path);
    }
}
