using NJepa.Samples.QuickStart.Figures;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>An image and the colours of its patches' features, one pixel for each patch.</summary>
internal sealed record ColouredPatches(FigureImage Image, FigureImage Colours);
