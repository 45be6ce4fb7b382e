using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Colours for patches: the first three principal components of their features as red, green and blue. Patches that the encoder
/// takes for alike get like colours.
/// </summary>
/// <remarks>
/// A principal component has no sign of its own. Given a reference, such as the brightness of each patch, every component points in the direction in which the
/// reference grows, so pictures of different encoders of the same images can be compared. Without one, its longer tail points up (positive skewness).
/// </remarks>
public sealed class PatchFeaturePca
{
    private const int Components = 3;

    /// <summary>The part of the patches that may be lighter or darker than the colour scale reaches, at each end.</summary>
    private const double ClippedFraction = 0.01;

    private const byte Grey = 128;

    private readonly double[] _mean;
    private readonly double[] _axes;
    private readonly double[] _low;
    private readonly double[] _high;

    private PatchFeaturePca(double[] mean, double[] axes, double[] low, double[] high, double[] explained)
    {
        _mean = mean;
        _axes = axes;
        _low = low;
        _high = high;
        ExplainedVariance = explained;
    }

    /// <summary>D, the number of features of a patch.</summary>
    public int Width => _mean.Length;

    /// <summary>The part of the variance of all features that each of the three components carries [3], from 0 to 1, the largest first.</summary>
    public IReadOnlyList<double> ExplainedVariance { get; }

    /// <summary>Finds the components of the patches of a set of images.</summary>
    /// <param name="patches">The patch features [N,L,D] (or [patches,D]), row-major; all finite.</param>
    /// <param name="width">D, the number of features of a patch; at least 3.</param>
    /// <param name="reference">One number per patch [N*L] that decides the signs, such as its mean brightness; empty for none.</param>
    /// <returns>The components and the colour scale.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is below 3.</exception>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite, or there are fewer than two patches.</exception>
    public static PatchFeaturePca Fit(ReadOnlySpan<float> patches, int width, ReadOnlySpan<float> reference = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, Components);
        int count = CheckedCount(patches, width);
        if (count < 2)
        {
            throw new EvaluationException($"There are {count} patches; principal components need at least 2.");
        }

        if (!reference.IsEmpty && reference.Length != count)
        {
            throw new ArgumentException($"The reference has {reference.Length} numbers for {count} patches; give one per patch, or none.", nameof(reference));
        }

        var set = new FeatureSet(patches.ToArray(), width, Unlabelled(count), []);
        double[] mean = CentredRows.Mean(set);
        (double[] variances, double[] axes) = LargestAxes(set, mean);
        double total = FeatureScaler.StandardDeviations(set, mean).Sum(std => std * std);
        var pca = new PatchFeaturePca(mean, axes, new double[Components], new double[Components], [.. variances.Select(v => total > 0 ? v / total : 0)]);
        pca.FixSignsAndScale(patches, reference, variances, total);
        return pca;
    }

    /// <summary>Finds the components of the patches of a set of images, with the longer tail of each pointing up.</summary>
    /// <param name="patchesNLD">The patch features [N,L,D], on any device.</param>
    /// <returns>The components and the colour scale.</returns>
    /// <exception cref="ArgumentException">The tensor has not three dimensions, or fewer than three features.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite, or there are fewer than two patches.</exception>
    public static PatchFeaturePca Fit(Tensor patchesNLD) => Fit(patchesNLD, default);

    /// <summary>Finds the components of the patches of a set of images.</summary>
    /// <param name="patchesNLD">The patch features [N,L,D], on any device.</param>
    /// <param name="reference">One number per patch [N*L] that decides the signs, such as its mean brightness; empty for none.</param>
    /// <returns>The components and the colour scale.</returns>
    /// <exception cref="ArgumentException">The tensor has not three dimensions or fewer than three features, or the lengths do not fit together.</exception>
    /// <exception cref="EvaluationException">A feature is NaN or infinite, or there are fewer than two patches.</exception>
    public static PatchFeaturePca Fit(Tensor patchesNLD, ReadOnlySpan<float> reference)
    {
        float[] patches = PatchTensor.ToArray(patchesNLD);
        return Fit(patches, (int)patchesNLD.shape[^1], reference);
    }

    /// <summary>The colours of patches, of the images it was fitted on or of others.</summary>
    /// <param name="patches">The patch features [N,L,D], row-major.</param>
    /// <returns>Red, green and blue of each patch [N,L,3]. A component that carries no variance is grey (128).</returns>
    /// <exception cref="ArgumentException">The length is no multiple of D.</exception>
    public byte[] ToRgb(ReadOnlySpan<float> patches)
    {
        int count = CheckedCount(patches, Width);
        var colours = new byte[count * Components];
        for (int c = 0; c < Components; c++)
        {
            double[] projections = Project(patches, c);
            double range = _high[c] - _low[c];
            for (int i = 0; i < count; i++)
            {
                double level = (projections[i] - _low[c]) / range;
                colours[(i * Components) + c] = range > 0 && double.IsFinite(level) ? (byte)Math.Round(255 * Math.Clamp(level, 0, 1)) : Grey;
            }
        }

        return colours;
    }

    /// <summary>The colours of patches, of the images it was fitted on or of others.</summary>
    /// <param name="patchesNLD">The patch features [N,L,D], on any device.</param>
    /// <returns>Red, green and blue of each patch [N,L,3].</returns>
    /// <exception cref="ArgumentException">The tensor has not three dimensions, or another width.</exception>
    public byte[] ToRgb(Tensor patchesNLD)
    {
        float[] patches = PatchTensor.ToArray(patchesNLD);
        return patchesNLD.shape[^1] == Width
            ? ToRgb(patches)
            : throw new ArgumentException($"The patches have {patchesNLD.shape[^1]} features; the components were fitted on {Width}.", nameof(patchesNLD));
    }

    private void FixSignsAndScale(ReadOnlySpan<float> patches, ReadOnlySpan<float> reference, double[] variances, double total)
    {
        for (int c = 0; c < Components; c++)
        {
            // What is left when there are fewer than three directions is rounding; it would be stretched to full colour.
            if (variances[c] <= 1e-9 * total || total == 0)
            {
                continue;
            }

            double[] projections = Project(patches, c);
            if (Orientation(projections, reference) < 0)
            {
                for (int d = 0; d < Width; d++)
                {
                    _axes[(c * Width) + d] *= -1;
                }

                projections = Array.ConvertAll(projections, p => -p);
            }

            Array.Sort(projections);
            int clipped = (int)(ClippedFraction * projections.Length);
            _low[c] = projections[clipped];
            _high[c] = projections[^(clipped + 1)];
        }
    }

    /// <summary>Negative when the component points against the reference, or its longer tail points down.</summary>
    private static double Orientation(double[] projections, ReadOnlySpan<float> reference)
    {
        double mean = 0;
        foreach (float value in reference)
        {
            mean += value / (double)reference.Length;
        }

        double along = 0;
        for (int i = 0; i < projections.Length; i++)
        {
            along += reference.IsEmpty ? projections[i] * projections[i] * projections[i] : projections[i] * (reference[i] - mean);
        }

        return along;
    }

    private double[] Project(ReadOnlySpan<float> patches, int component)
    {
        var projections = new double[patches.Length / Width];
        ReadOnlySpan<double> axis = _axes.AsSpan(component * Width, Width);
        for (int i = 0; i < projections.Length; i++)
        {
            ReadOnlySpan<float> patch = patches.Slice(i * Width, Width);
            for (int d = 0; d < Width; d++)
            {
                projections[i] += (patch[d] - _mean[d]) * axis[d];
            }
        }

        return projections;
    }

    private static (double[] Variances, double[] Axes) LargestAxes(FeatureSet set, double[] mean)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        using Scalar count = set.Count;
        Tensor centredDN = tensor(set.Values, [set.Count, set.Width]).to(ScalarType.Float64).sub_(tensor(mean)).t();
        (Tensor variancesD, Tensor axesDD) = linalg.eigh(nn.functional.linear(centredDN, centredDN).div_(count));
        double[] variances = Doubles(variancesD.narrow(0, set.Width - Components, Components).flip(0));
        double[] axes = Doubles(axesDD.narrow(1, set.Width - Components, Components).flip(1).t());
        return (Array.ConvertAll(variances, v => Math.Max(0, v)), axes);
    }

    private static int CheckedCount(ReadOnlySpan<float> patches, int width) =>
        patches.Length % width == 0
            ? patches.Length / width
            : throw new ArgumentException($"There are {patches.Length} values, which is no multiple of the width {width}; give whole patches [N,L,D].", nameof(patches));

    private static int[] Unlabelled(int count)
    {
        var labels = new int[count];
        Array.Fill(labels, FeatureSet.Unlabelled);
        return labels;
    }

    private static double[] Doubles(Tensor values) => MemoryMarshal.Cast<byte, double>(values.contiguous().bytes).ToArray();
}
