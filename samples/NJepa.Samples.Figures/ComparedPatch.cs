namespace NJepa.Samples.Figures;

/// <summary>An image, a patch of it, and how alike two encoders find each patch of the image to that one.</summary>
/// <param name="Image">The image.</param>
/// <param name="Rows">Rows of its patch grid.</param>
/// <param name="Columns">Columns of its patch grid.</param>
/// <param name="Patch">The chosen patch, row by row from the top left.</param>
/// <param name="Before">Cosines of the untrained encoder's features [L].</param>
/// <param name="After">Cosines of the pretrained encoder's features [L].</param>
internal sealed record ComparedPatch(FigureImage Image, int Rows, int Columns, int Patch, IReadOnlyList<float> Before, IReadOnlyList<float> After);
