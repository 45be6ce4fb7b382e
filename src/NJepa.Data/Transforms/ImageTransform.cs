namespace NJepa.Data;

/// <summary>
/// How an image of any size becomes a square of <see cref="ImageSize"/> pixels: <see cref="TrainingAugmentation"/> or
/// <see cref="EvaluationTransform"/>.
/// </summary>
public abstract record ImageTransform
{
    /// <summary>The largest image size: 8,192 pixels.</summary>
    public const int MaxImageSize = 8192;

    private protected ImageTransform()
    {
    }

    /// <summary>The side of the square result, in pixels.</summary>
    /// <value>Default 224. From 1 to <see cref="MaxImageSize"/>; a vision transformer needs a multiple of its patch size.</value>
    public int ImageSize { get; init; } = 224;

    /// <summary>Lists everything that is wrong with the settings.</summary>
    /// <returns>One sentence for each error; empty when the settings are valid.</returns>
    public abstract IReadOnlyList<string> Validate();

    /// <summary>Where in an upright image of this size the result comes from.</summary>
    internal abstract CropPlan Plan(int width, int height, SampleKey key);

    private protected void ValidateImageSize(List<string> errors)
    {
        if (ImageSize is < 1 or > MaxImageSize)
        {
            errors.Add($"ImageSize is {ImageSize}; it must be from 1 to {MaxImageSize} pixels.");
        }
    }
}
