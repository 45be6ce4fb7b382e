using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>A linear classifier of features: the class with the largest <c>weights * features + bias</c>.</summary>
public sealed class LinearClassifier
{
    private const int RowsAtOnce = 8192;

    private readonly FeatureScaler _scaler;
    private readonly float[] _scaledWeights;
    private readonly float[] _scaledBias;

    internal LinearClassifier(FeatureScaler scaler, IReadOnlyList<string> classNames, double[] weightsCD, double[] biasC)
    {
        _scaler = scaler;
        ClassNames = classNames;
        _scaledWeights = Array.ConvertAll(weightsCD, w => (float)w);
        _scaledBias = Array.ConvertAll(biasC, b => (float)b);
        int width = Width;
        Weights = [.. weightsCD.Select((w, i) => w * scaler.Scale[i % width])];
        Bias = [.. biasC.Select((b, c) => b - Enumerable.Range(0, width).Sum(d => Weights[(c * width) + d] * scaler.Shift[d]))];
    }

    /// <summary>D, the number of features of an image.</summary>
    public int Width => _scaler.Shift.Length;

    /// <summary>The classes [C].</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The weights [C,D], row-major, for features as they are: scaling is folded in.</summary>
    public double[] Weights { get; }

    /// <summary>The bias [C] that belongs to <see cref="Weights"/>.</summary>
    public double[] Bias { get; }

    /// <summary>Classifies images.</summary>
    /// <param name="features">The features [N,D]. Labels are not read.</param>
    /// <returns>The classes [N], as indices into <see cref="ClassNames"/>; of equal scores the lower class.</returns>
    /// <exception cref="EvaluationException">The features have another width.</exception>
    public int[] Predict(FeatureSet features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Width != Width)
        {
            throw new EvaluationException($"The images have {features.Width} features; this classifier was trained on {Width}. Use the same encoder with the same settings.");
        }

        int classes = ClassNames.Count;
        var predictions = new int[features.Count];
        int[] rows = [.. Enumerable.Range(0, features.Count)];
        using DisposeScope all = NewDisposeScope();
        using IDisposable _ = no_grad();
        Tensor weightsCD = AlignedTensor.From(_scaledWeights, classes, Width);
        Tensor biasC = AlignedTensor.From(_scaledBias, classes);
        for (int start = 0; start < rows.Length; start += RowsAtOnce)
        {
            using DisposeScope chunk = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows.Length - start);
            Tensor scaledND = AlignedTensor.From(_scaler.Apply(features, rows.AsMemory(start, count)), count, Width);
            ReadOnlySpan<float> scores = MemoryMarshal.Cast<byte, float>(nn.functional.linear(scaledND, weightsCD, biasC).bytes);
            for (int i = 0; i < count; i++)
            {
                predictions[start + i] = IndexOfLargest(scores.Slice(i * classes, classes));
            }
        }

        return predictions;
    }

    internal static int IndexOfLargest(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
            {
                best = i;
            }
        }

        return best;
    }
}
