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

    /// <summary>A classifier from numbers: one that was kept elsewhere, or trained in another way.</summary>
    /// <param name="classNames">The classes [C], at least one, each name once.</param>
    /// <param name="weights">The weights [C,D], row-major; finite.</param>
    /// <param name="bias">The bias [C]; finite.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, a number is not finite, or a name is empty or repeated; all problems are listed.</exception>
    public LinearClassifier(IReadOnlyList<string> classNames, double[] weights, double[] bias)
        : this(FeatureScaler.None(CheckedWidth(classNames, weights, bias)), [.. classNames], weights, bias)
    {
    }

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

    /// <summary>Classifies labelled images and compares.</summary>
    /// <param name="test">The labelled features [N,D] of the same classes; classes are matched by name.</param>
    /// <param name="method">What classified, for people: the <see cref="ClassificationResult.Method"/> of the result.</param>
    /// <returns>The result.</returns>
    /// <exception cref="EvaluationException">An image is unlabelled, the classes differ, or the features have another width.</exception>
    public ClassificationResult Evaluate(FeatureSet test, string method)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentException.ThrowIfNullOrWhiteSpace(method);
        int[] labels = ClassChecks.MapLabels(ClassNames, test);
        return ClassificationResult.FromPredictions(method, ClassNames, labels, Predict(test));
    }

    private static int CheckedWidth(IReadOnlyList<string> classNames, double[] weights, double[] bias)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(bias);
        var problems = new OptionProblems("The numbers of the classifier");
        problems.Require(classNames.Count >= 1, "There are no classes; give at least one name.");
        FeatureSet.CheckLabels(problems, [], classNames);
        problems.Require(
            classNames.Count == 0 || (weights.Length > 0 && weights.Length % classNames.Count == 0),
            $"There are {weights.Length} weights for {classNames.Count} classes; give the same number, at least 1, for each class.");
        problems.Require(bias.Length == classNames.Count, $"There are {bias.Length} numbers in the bias for {classNames.Count} classes; give one for each.");
        problems.Require(weights.All(double.IsFinite) && bias.All(double.IsFinite), "A weight or bias is not finite; all must be.");
        problems.ThrowIfAny(nameof(weights));
        return weights.Length / classNames.Count;
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
