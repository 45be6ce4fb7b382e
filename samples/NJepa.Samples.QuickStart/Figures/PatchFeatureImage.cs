namespace NJepa.Samples.QuickStart.Figures;

/// <summary>An image with the colours of its patches' features before and after training.</summary>
/// <param name="Image">The image.</param>
/// <param name="Before">One pixel per patch, of the untrained encoder.</param>
/// <param name="After">One pixel per patch, of the trained encoder.</param>
internal sealed record PatchFeatureImage(FigureImage Image, FigureImage Before, FigureImage After);
