using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NJepa.Evaluation;

/// <summary>Rows seen from a common centre, with the inverse of their length; all in double precision.</summary>
internal sealed class CentredRows
{
    private readonly FeatureSet _features;
    private readonly double[] _centre;
    private readonly double[] _inverseNorms;

    public CentredRows(FeatureSet features, double[] centre)
    {
        _features = features;
        _centre = centre;
        _inverseNorms = new double[features.Count];
        Parallel.For(0, features.Count, i =>
        {
            double[] row = Row(i);
            double squared = 0;
            foreach (double value in row)
            {
                squared += value * value;
            }

            _inverseNorms[i] = squared > 0 ? 1 / Math.Sqrt(squared) : 0;
        });
    }

    /// <summary>The mean over the rows [D].</summary>
    public static double[] Mean(FeatureSet features)
    {
        var mean = new double[features.Width];
        for (int i = 0; i < features.Count; i++)
        {
            ReadOnlySpan<float> row = features.Row(i);
            for (int d = 0; d < row.Length; d++)
            {
                mean[d] += row[d];
            }
        }

        for (int d = 0; d < mean.Length; d++)
        {
            mean[d] /= features.Count;
        }

        return mean;
    }

    /// <summary>One centred row [D].</summary>
    public double[] Row(int index)
    {
        ReadOnlySpan<float> row = _features.Row(index);
        var centred = new double[row.Length];
        for (int d = 0; d < centred.Length; d++)
        {
            centred[d] = row[d] - _centre[d];
        }

        return centred;
    }

    /// <summary>Rows [count,D] of unit length, rounded to single precision.</summary>
    public float[] UnitRows(int start, int count)
    {
        int width = _features.Width;
        var unit = new float[count * width];
        Parallel.For(0, count, i =>
        {
            ReadOnlySpan<float> row = _features.Row(start + i);
            double scale = _inverseNorms[start + i];
            for (int d = 0; d < width; d++)
            {
                unit[(i * width) + d] = (float)((row[d] - _centre[d]) * scale);
            }
        });
        return unit;
    }

    /// <summary>The cosine of row <paramref name="index"/> with a centred query. The order of the additions is fixed, so equal rows get equal cosines.</summary>
    public double Cosine(int index, ReadOnlySpan<double> query, double queryInverseNorm)
    {
        ref float row = ref MemoryMarshal.GetReference(_features.Row(index));
        ref double centre = ref MemoryMarshal.GetArrayDataReference(_centre);
        ref double other = ref MemoryMarshal.GetReference(query);
        Vector256<double> low = Vector256<double>.Zero;
        Vector256<double> high = Vector256<double>.Zero;
        int d = 0;
        for (; d <= query.Length - 8; d += 8)
        {
            (Vector256<double> first, Vector256<double> second) = Vector256.Widen(Vector256.LoadUnsafe(ref row, (nuint)d));
            low += (first - Vector256.LoadUnsafe(ref centre, (nuint)d)) * Vector256.LoadUnsafe(ref other, (nuint)d);
            high += (second - Vector256.LoadUnsafe(ref centre, (nuint)d + 4)) * Vector256.LoadUnsafe(ref other, (nuint)d + 4);
        }

        double sum = Vector256.Sum(low + high);
        for (; d < query.Length; d++)
        {
            sum += (Unsafe.Add(ref row, d) - _centre[d]) * query[d];
        }

        return sum * _inverseNorms[index] * queryInverseNorm;
    }

    public double InverseNorm(int index) => _inverseNorms[index];
}
