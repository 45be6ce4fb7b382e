namespace NJepa.Data;

/// <summary>
/// The fixed view of evaluation: the image is resized with antialiasing so that its shorter side has <see cref="ResizeShorterSide"/>
/// pixels, and the central square is taken; or the whole image is squeezed into the square.
/// </summary>
/// <remarks>The result is that of resizing first and cropping then, but only the pixels of the crop are computed.</remarks>
public sealed record EvaluationTransform : ImageTransform
{
    private readonly int? _resizeShorterSide;
    private readonly bool _resizeIsSet;

    /// <summary>The usual protocol: shorter side to 256, central 224 (87.5 % of the shorter side). These are the defaults.</summary>
    public static EvaluationTransform Paper { get; } = new();

    /// <summary>
    /// The shorter side of the image after resizing and before the crop, in pixels; null squeezes the whole image into the square,
    /// ignoring its aspect ratio.
    /// </summary>
    /// <value>Default: 256/224 of <see cref="ImageTransform.ImageSize"/>, rounded (256 for 224). At least
    /// <see cref="ImageTransform.ImageSize"/>.</value>
    /// <remarks>
    /// Set it to <see cref="ImageTransform.ImageSize"/> to see small square images, such as those of CIFAR-10, to their edges.
    /// </remarks>
    public int? ResizeShorterSide
    {
        get => _resizeIsSet ? _resizeShorterSide : (int)Math.Round(ImageSize * 256.0 / 224.0);
        init
        {
            _resizeShorterSide = value;
            _resizeIsSet = true;
        }
    }

    /// <summary>
    /// The largest central square, without a border cut away: <see cref="ResizeShorterSide"/> equals <paramref name="imageSize"/>. For
    /// images about as small as the result.
    /// </summary>
    /// <param name="imageSize">The side of the result in pixels.</param>
    public static EvaluationTransform CentralSquare(int imageSize) => new() { ImageSize = imageSize, ResizeShorterSide = imageSize };

    /// <inheritdoc/>
    public override IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        ValidateImageSize(errors);
        if (ResizeShorterSide is int side && (side < ImageSize || side > 2 * MaxImageSize))
        {
            errors.Add(
                $"ResizeShorterSide is {side}; " +
                $"it must be from ImageSize ({ImageSize}) to {2 * MaxImageSize} pixels, or null to squeeze the whole image.");
        }

        return errors;
    }

    internal override CropPlan Plan(int width, int height, SampleKey key)
    {
        if (ResizeShorterSide is not int side)
        {
            return new CropPlan(AxisPlan.Whole(0, width, ImageSize), AxisPlan.Whole(0, height, ImageSize));
        }

        int shorter = Math.Min(width, height);
        return new CropPlan(Central(width, shorter, side), Central(height, shorter, side));
    }

    private AxisPlan Central(int length, int shorter, int side)
    {
        long total = (long)side * length / shorter;
        long first = (long)Math.Round((total - ImageSize) / 2.0);
        return new AxisPlan(0, length, total, first, ImageSize, Mirror: false);
    }
}
