namespace NJepa.Samples.Figures;

/// <summary>An image that an encoder finds near to another.</summary>
/// <param name="Image">The image.</param>
/// <param name="Cosine">The cosine of the two images' features.</param>
/// <param name="IsSameClass">Whether it has the class of the image asked about; null where classes are not known.</param>
internal sealed record NeighbourImage(FigureImage Image, double Cosine, bool? IsSameClass);
