namespace NJepa.Samples.Figures;

/// <summary>An image with its masks.</summary>
/// <param name="Image">The image.</param>
/// <param name="Rows">Rows of its patch grid.</param>
/// <param name="Columns">Columns of its patch grid.</param>
/// <param name="Context">Indices of the visible patches, row by row from the top left.</param>
/// <param name="Targets">For each target block the indices of its patches.</param>
internal sealed record MaskedImage(FigureImage Image, int Rows, int Columns, IReadOnlyList<int> Context, IReadOnlyList<IReadOnlyList<int>> Targets);
