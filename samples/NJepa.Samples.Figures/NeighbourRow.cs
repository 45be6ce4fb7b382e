namespace NJepa.Samples.Figures;

/// <summary>An image and its nearest images.</summary>
/// <param name="Query">The image asked about.</param>
/// <param name="Caption">What stands below it, such as its class; may be empty.</param>
/// <param name="Groups">For each encoder its nearest images, the nearest first; all of the same number.</param>
internal sealed record NeighbourRow(FigureImage Query, string Caption, IReadOnlyList<IReadOnlyList<NeighbourImage>> Groups);
