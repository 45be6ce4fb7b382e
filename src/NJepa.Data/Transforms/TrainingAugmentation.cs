using System.ComponentModel.DataAnnotations;

namespace NJepa.Data;

/// <summary>
/// The random crop of pretraining: a rectangle of random area and aspect ratio is cut out, resized to a square with antialiasing, and
/// mirrored half the time where that is switched on. There is no colour change: I-JEPA learns without hand-made augmentations.
/// </summary>
/// <remarks>The default, <see cref="Paper"/>, is the reference pipeline: crops of 30 to 100 % of the area, no flip.</remarks>
public sealed record TrainingAugmentation : ImageTransform
{
    /// <summary>
    /// The reference pipeline: 224 pixels, 30 to 100 % of the area, aspect ratio 3/4 to 4/3, no flip. These are the defaults.
    /// </summary>
    public static TrainingAugmentation Paper { get; } = new();

    /// <summary>For small sets of images: as <see cref="Paper"/>, mirrored half the time, which doubles what there is to see.</summary>
    public static TrainingAugmentation SmallData { get; } = new() { HorizontalFlip = true };

    /// <summary>The smallest crop, as a share of the image's area.</summary>
    /// <value>Default 0.3. Above 0, up to <see cref="CropScaleMax"/>.</value>
    [Range(double.Epsilon, 1.0)]
    public double CropScaleMin { get; init; } = 0.3;

    /// <summary>The largest crop, as a share of the image's area.</summary>
    /// <value>Default 1.0. From <see cref="CropScaleMin"/> to 1.</value>
    [Range(double.Epsilon, 1.0)]
    public double CropScaleMax { get; init; } = 1.0;

    /// <summary>The smallest aspect ratio (width over height) of a crop.</summary>
    /// <value>Default 3/4. Above 0, up to <see cref="AspectRatioMax"/>.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double AspectRatioMin { get; init; } = 3.0 / 4.0;

    /// <summary>The largest aspect ratio (width over height) of a crop.</summary>
    /// <value>Default 4/3. At least <see cref="AspectRatioMin"/>.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double AspectRatioMax { get; init; } = 4.0 / 3.0;

    /// <summary>Whether half of the crops are mirrored left to right.</summary>
    /// <value>Default false, as in the reference pipeline.</value>
    public bool HorizontalFlip { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        ValidateImageSize(errors);
        if (!(CropScaleMin > 0 && CropScaleMin <= CropScaleMax && CropScaleMax <= 1))
        {
            errors.Add(FormattableString.Invariant($"The crop scale is {CropScaleMin} to {CropScaleMax}; it must satisfy 0 < CropScaleMin <= CropScaleMax <= 1."));
        }

        if (!(AspectRatioMin > 0 && AspectRatioMin <= AspectRatioMax && double.IsFinite(AspectRatioMax)))
        {
            errors.Add(
                FormattableString.Invariant($"The aspect ratio is {AspectRatioMin} to {AspectRatioMax}; ") +
                "it must satisfy 0 < AspectRatioMin <= AspectRatioMax, both finite.");
        }

        return errors;
    }

    internal override CropPlan Plan(int width, int height, SampleKey key)
    {
        PixelBox box = RandomResizedCrop.Sample(this, width, height, key.Seed, key.Epoch, key.Index);
        bool mirror = HorizontalFlip && IsFlipped(key);
        return new CropPlan(AxisPlan.Whole(box.Left, box.Width, ImageSize, mirror), AxisPlan.Whole(box.Top, box.Height, ImageSize));
    }

    private static bool IsFlipped(SampleKey key)
    {
        CounterRandom random = CounterRandom.Create(key.Seed, RandomPurpose.Flip, key.Epoch, key.Index);
        return random.NextDouble() < 0.5;
    }
}
