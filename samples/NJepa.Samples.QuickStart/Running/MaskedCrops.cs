using NJepa.Data;
using NJepa.Masking;
using NJepa.Models;
using NJepa.Samples.Figures;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>What training gets to see.</summary>
internal static class MaskedCrops
{
    private const int Columns = 8;

    /// <summary>Crops and masks of some images, exactly as the first training step gets them.</summary>
    public static IReadOnlyList<MaskedImage> OfFirstStep(JepaModel model, IImageSource images, PretrainingOptions training, CancellationToken cancellationToken)
    {
        var crop = new TrainingAugmentation
        {
            ImageSize = model.Configuration.Encoder.ImageSize,
            CropScaleMin = training.CropScaleMin,
            CropScaleMax = training.CropScaleMax,
            HorizontalFlip = training.HorizontalFlip,
        };
        var loading = new ImageLoaderOptions { BatchSize = training.BatchSize, Seed = training.Seed, MaxBadImageShare = training.MaxBadImageShare };
        using var loader = new ImageLoader(images, crop, loading);
        using ImageBatch batch = loader.Steps(0, 1, cancellationToken).First();
        MaskBatch masks = model.MaskSampler.Sample(training.Seed, 0, Array.ConvertAll(batch.Indices, index => (long)index));
        return [.. Enumerable.Range(0, Math.Min(Columns, batch.Count)).Select(i => Picture(batch, masks, i))];
    }

    private static MaskedImage Picture(ImageBatch batch, MaskBatch masks, int index) => new(
        new FigureImage(batch.GetImage(index).ToArray(), batch.ImageSize, batch.ImageSize),
        masks.Grid.Rows,
        masks.Grid.Columns,
        masks.ContextOf(index).ToArray(),
        [.. Enumerable.Range(0, masks.TargetBlocks).Select(block => masks.TargetOf(index, block).ToArray())]);
}
