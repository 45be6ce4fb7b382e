namespace NJepa.Data;

/// <summary>
/// Chooses crop boxes as RandomResizedCrop does: up to ten times an area uniform in the scale range and a log-uniform aspect ratio are
/// drawn; the first box that fits lands at a uniform position. If none fits, the largest central box within the aspect range is taken.
/// </summary>
public static class RandomResizedCrop
{
    private const int Attempts = 10;

    /// <summary>Chooses the crop box of one sample: a pure function of its arguments.</summary>
    /// <param name="augmentation">The range of scales and aspect ratios.</param>
    /// <param name="width">The width of the upright image in pixels, at least 1.</param>
    /// <param name="height">The height of the upright image in pixels, at least 1.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="index">The image's index in its source.</param>
    /// <returns>A box inside the image.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The image has no pixels.</exception>
    public static PixelBox Sample(TrainingAugmentation augmentation, int width, int height, ulong seed, long epoch, long index)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        CounterRandom random = CounterRandom.Create(seed, RandomPurpose.Crop, epoch, index);
        double area = (double)width * height;
        double logMin = Math.Log(augmentation.AspectRatioMin);
        double logMax = Math.Log(augmentation.AspectRatioMax);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double target = area * Uniform(ref random, augmentation.CropScaleMin, augmentation.CropScaleMax);
            double aspect = Math.Exp(Uniform(ref random, logMin, logMax));
            double boxWidth = Math.Round(Math.Sqrt(target * aspect));
            double boxHeight = Math.Round(Math.Sqrt(target / aspect));
            if (boxWidth >= 1 && boxWidth <= width && boxHeight >= 1 && boxHeight <= height)
            {
                int top = random.NextInt(height - (int)boxHeight + 1);
                int left = random.NextInt(width - (int)boxWidth + 1);
                return new PixelBox(top, left, (int)boxHeight, (int)boxWidth);
            }
        }

        return Central(augmentation, width, height);
    }

    private static PixelBox Central(TrainingAugmentation augmentation, int width, int height)
    {
        double aspect = (double)width / height;
        int boxWidth = width;
        int boxHeight = height;
        if (aspect < augmentation.AspectRatioMin)
        {
            boxHeight = (int)Math.Clamp(Math.Round(width / augmentation.AspectRatioMin), 1, height);
        }
        else if (aspect > augmentation.AspectRatioMax)
        {
            boxWidth = (int)Math.Clamp(Math.Round(height * augmentation.AspectRatioMax), 1, width);
        }

        return new PixelBox((height - boxHeight) / 2, (width - boxWidth) / 2, boxHeight, boxWidth);
    }

    private static double Uniform(ref CounterRandom random, double min, double max) => min + ((max - min) * random.NextDouble());
}
