using NJepa.Masking;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// How alike an encoder finds the patches of images: cosines between the features of one chosen patch and those of all patches. Drawn over the image, they show what the patch belongs to in the
/// encoder's eyes.
/// </summary>
/// <remarks>
/// Patch features share a large common part, which makes all cosines nearly 1, so a mean is taken off first (<see cref="PatchCentring"/>). Computed in double precision on the host.
/// Immutable; safe to read from several threads.
/// </remarks>
public sealed class PatchSimilarity
{
    private readonly float[] _features;
    private readonly double[] _means;
    private readonly PatchCentring _centring;

    private PatchSimilarity(float[] features, double[] means, PatchCentring centring, PatchGrid grid, int width)
    {
        (_features, _means, _centring, Grid, Width) = (features, means, centring, grid, width);
    }

    /// <summary>The grid of the patches.</summary>
    public PatchGrid Grid { get; }

    /// <summary>D, the number of features of a patch.</summary>
    public int Width { get; }

    /// <summary>N, the number of images.</summary>
    public int Count => _features.Length / (Grid.Count * Width);

    /// <summary>Takes patch features, as <c>encoder.Encode</c> returns them, with the mean of each image's patches taken off.</summary>
    /// <param name="patchesNLD">The patch features [N,L,D], on any device; all finite.</param>
    /// <param name="grid">The encoder's grid of L patches (<c>encoder.Configuration.Grid</c>).</param>
    /// <exception cref="ArgumentException">The tensor has not three dimensions, or another number of patches than the grid.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite.</exception>
    public static PatchSimilarity Of(Tensor patchesNLD, PatchGrid grid) => Of(patchesNLD, grid, PatchCentring.Image);

    /// <summary>Takes patch features, as <c>encoder.Encode</c> returns them.</summary>
    /// <param name="patchesNLD">The patch features [N,L,D], on any device; all finite.</param>
    /// <param name="grid">The encoder's grid of L patches (<c>encoder.Configuration.Grid</c>).</param>
    /// <param name="centring">Which mean is taken off.</param>
    /// <exception cref="ArgumentException">The tensor has not three dimensions, or another number of patches than the grid.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite.</exception>
    public static PatchSimilarity Of(Tensor patchesNLD, PatchGrid grid, PatchCentring centring)
    {
        float[] features = PatchTensor.ToArray(patchesNLD);
        return patchesNLD.shape[1] == grid.Count
            ? Of(features, (int)patchesNLD.shape[2], grid, centring)
            : throw new ArgumentException($"The images have {patchesNLD.shape[1]} patches, but the grid has {grid.Count}; give the grid of the encoder that made them, encoder.Configuration.Grid.", nameof(patchesNLD));
    }

    /// <summary>Takes patch features; they are copied.</summary>
    /// <param name="patches">The patch features [N,L,D], row-major; all finite.</param>
    /// <param name="width">D, the number of features of a patch; at least 1.</param>
    /// <param name="grid">The grid of the L patches.</param>
    /// <param name="centring">Which mean is taken off.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is below 1, or <paramref name="centring"/> is none of its values.</exception>
    /// <exception cref="ArgumentException">The length is not that of whole images, or there is none.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite.</exception>
    public static PatchSimilarity Of(ReadOnlySpan<float> patches, int width, PatchGrid grid, PatchCentring centring)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (!Enum.IsDefined(centring))
        {
            throw new ArgumentOutOfRangeException(nameof(centring), centring, $"The centring is {centring}; it must be {string.Join(", ", Enum.GetNames<PatchCentring>())}.");
        }

        long size = (long)grid.Count * width;
        if (patches.Length == 0 || patches.Length % size != 0)
        {
            throw new ArgumentException($"There are {patches.Length} values; {grid.Count} patches x {width} features are {size} for an image. Give one whole image or more [N,L,D].", nameof(patches));
        }

        int bad = patches.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (bad >= 0)
        {
            throw new EvaluationException($"Feature {bad % width} of patch {bad / width % grid.Count} of image {bad / size} is {patches[bad]}; every feature must be finite. The encoder has probably diverged.");
        }

        return new PatchSimilarity(patches.ToArray(), Means(patches, width, grid.Count, centring), centring, grid, width);
    }

    /// <summary>The cosines between one patch and all patches of its image.</summary>
    /// <param name="image">Which image, from 0 to N - 1.</param>
    /// <param name="row">The chosen patch's row in the grid, from 0 at the top.</param>
    /// <param name="column">The chosen patch's column, from 0 at the left.</param>
    /// <returns>[L] row by row, each from -1 to 1; 1 for the patch itself. 0 with a patch whose features are those that were taken off.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image or patch.</exception>
    public float[] To(int image, int row, int column) => Between(image, row, column, image);

    /// <summary>The cosines between a patch of one image and all patches of another: where else there is something like it.</summary>
    /// <param name="image">The image of the chosen patch, from 0 to N - 1.</param>
    /// <param name="row">The chosen patch's row in the grid, from 0 at the top.</param>
    /// <param name="column">The chosen patch's column, from 0 at the left.</param>
    /// <param name="otherImage">The image whose patches it is compared with.</param>
    /// <returns>[L] row by row, each from -1 to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image or patch.</exception>
    public float[] Between(int image, int row, int column, int otherImage)
    {
        Require(image, Count, nameof(image), "images");
        Require(row, Grid.Rows, nameof(row), "rows of patches");
        Require(column, Grid.Columns, nameof(column), "columns of patches");
        Require(otherImage, Count, nameof(otherImage), "images");
        double[] chosen = Direction(image, (row * Grid.Columns) + column);
        var cosines = new float[Grid.Count];
        for (int patch = 0; patch < cosines.Length; patch++)
        {
            double[] other = Direction(otherImage, patch);
            double sum = 0;
            for (int d = 0; d < Width; d++)
            {
                sum += chosen[d] * other[d];
            }

            cosines[patch] = (float)Math.Clamp(sum, -1, 1);
        }

        return cosines;
    }

    /// <summary>A patch's centred features, of length 1; all 0 where nothing but rounding is left of them.</summary>
    private double[] Direction(int image, int patch)
    {
        int start = ((image * Grid.Count) + patch) * Width, mean = _centring == PatchCentring.Image ? image * Width : 0;
        var direction = new double[Width];
        double squares = 0, original = 0;
        for (int d = 0; d < Width; d++)
        {
            double value = _features[start + d];
            direction[d] = value - _means[mean + d];
            squares += direction[d] * direction[d];
            original += value * value;
        }

        // Features are single precision: a smaller remainder is not one of theirs.
        double length = squares > 1e-12 * original ? Math.Sqrt(squares) : double.PositiveInfinity;
        return Array.ConvertAll(direction, value => value / length);
    }

    private static double[] Means(ReadOnlySpan<float> patches, int width, int patchesPerImage, PatchCentring centring)
    {
        int total = patches.Length / width;
        int each = centring == PatchCentring.Image ? patchesPerImage : total;
        var means = new double[centring == PatchCentring.Image ? total / patchesPerImage * width : width];
        if (centring == PatchCentring.None)
        {
            return means;
        }

        for (int i = 0; i < patches.Length; i++)
        {
            means[(i / width / each * width) + (i % width)] += patches[i] / (double)each;
        }

        return means;
    }

    private static void Require(int value, int count, string name, string what)
    {
        if (value < 0 || value >= count)
        {
            throw new ArgumentOutOfRangeException(name, value, $"There are {count} {what}; {name} must be from 0 to {count - 1}.");
        }
    }
}
