using NJepa.Samples.Figures;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>Images and the colours of their patches' features.</summary>
/// <param name="Images">The images.</param>
/// <param name="Colours">For each image one pixel per patch.</param>
/// <param name="PlaceShare">The part of the features' variance that the place of a patch explains, whatever the image shows; from 0 to 1.</param>
internal sealed record ColouredPatches(IReadOnlyList<FigureImage> Images, IReadOnlyList<FigureImage> Colours, double PlaceShare);
