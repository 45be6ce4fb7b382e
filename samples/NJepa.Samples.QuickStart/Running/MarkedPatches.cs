using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Samples.Figures;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>Some images with a patch of each, and how alike an encoder finds all patches to it; the same ones before and after training.</summary>
internal sealed class MarkedPatches
{
    private const int Columns = 8;

    private readonly ImageNormalization _normalization;
    private readonly ViT _encoder;
    private readonly FigureImage[] _images;
    private readonly int[] _patches;

    /// <summary>Chooses images, spread evenly over the source, and the patch of each that stands out most.</summary>
    public MarkedPatches(IImageSource source, ViT encoder, ImageNormalization normalization, CancellationToken cancellationToken)
    {
        (_encoder, _normalization) = (encoder, normalization);
        _images = [.. ShownImages.Read(source, ShownImages.Spread(source.Count, Columns), encoder.ImageSize, cancellationToken).OrderBy(pair => pair.Key).Select(pair => pair.Value)];
        _patches = [.. _images.Select(image => Striking(image, encoder))];
    }

    /// <summary>For each image the cosines of all its patches with the marked one.</summary>
    public float[][] Of(ViTEncoder encoder)
    {
        var cosines = new float[_images.Length][];
        for (int i = 0; i < cosines.Length; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor imageBCHW = _normalization.ToTensor(_images[i].Rgb, 1, _encoder.ImageSize, _encoder.ImageSize, encoder.Device);
            (int row, int column) = Math.DivRem(_patches[i], _encoder.Grid.Columns);
            cosines[i] = PatchSimilarity.Of(encoder.Encode(imageBCHW), _encoder.Grid).To(0, row, column);
        }

        return cosines;
    }

    /// <summary>What the figure shows.</summary>
    public IReadOnlyList<ComparedPatch> Compare(float[][] before, float[][] after) =>
        [.. _images.Select((image, i) => new ComparedPatch(image, _encoder.Grid.Rows, _encoder.Grid.Columns, _patches[i], before[i], after[i]))];

    /// <summary>The patch whose mean colour is farthest from the image's; none at the edge, where most pictures have background.</summary>
    private static int Striking(FigureImage image, ViT encoder)
    {
        (int rows, int columns, int side) = (encoder.Grid.Rows, encoder.Grid.Columns, encoder.PatchSize);
        var means = new double[rows * columns, 3];
        var whole = new double[3];
        for (int i = 0; i < image.Rgb.Length; i++)
        {
            (int y, int x) = Math.DivRem(i / 3, image.Width);
            means[(y / side * columns) + (x / side), i % 3] += image.Rgb[i] / (double)(side * side);
            whole[i % 3] += image.Rgb[i] / (double)(image.Width * image.Height);
        }

        return Enumerable.Range(0, rows * columns)
            .Where(patch => patch / columns > 0 && patch / columns < rows - 1 && patch % columns > 0 && patch % columns < columns - 1)
            .MaxBy(patch => Enumerable.Range(0, 3).Sum(c => Math.Pow(means[patch, c] - whole[c], 2)));
    }
}
