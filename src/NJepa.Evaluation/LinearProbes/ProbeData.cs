using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Scaled training features as a tensor: first the rows to fit on, then those of the validation split.</summary>
internal sealed class ProbeData : IDisposable
{
    /// <summary>Sums of squares of more would leave the range of single precision, which the native eigenvalues refuse.</summary>
    private const float LargestFeature = 1e12f;

    private ProbeData(FeatureScaler scaler, IReadOnlyList<string> classNames, Tensor featuresND, Tensor labelsN, int[] labels, int fitCount)
    {
        Scaler = scaler;
        ClassNames = classNames;
        FeaturesND = featuresND;
        LabelsN = labelsN;
        Labels = labels;
        FitCount = fitCount;
    }

    public FeatureScaler Scaler { get; }

    public IReadOnlyList<string> ClassNames { get; }

    public Tensor FeaturesND { get; }

    public Tensor LabelsN { get; }

    public int[] Labels { get; }

    /// <summary>How many rows to fit on; the rest is the validation split.</summary>
    public int FitCount { get; }

    public int Count => Labels.Length;

    public int Width => Scaler.Shift.Length;

    public int Classes => ClassNames.Count;

    public static ProbeData Create(FeatureSet train, LinearProbeOptions options, FeatureScaling scaling)
    {
        (int[] fit, int[] validation) = FeatureSplit.StratifiedIndices(train, options.ValidationFraction, options.Seed);
        int[] rows = [.. fit, .. validation];
        FeatureScaler scaler = FeatureScaler.Fit(train, scaling);
        int[] labels = Array.ConvertAll(rows, row => train.Labels[row]);
        float[] scaled = scaler.Apply(train, rows);
        RequireComputable(scaled);
        Tensor featuresND = AlignedTensor.From(scaled, rows.Length, train.Width).DetachFromDisposeScope();
        Tensor labelsN = tensor(Array.ConvertAll(labels, label => (long)label)).DetachFromDisposeScope();
        return new(scaler, train.ClassNames, featuresND, labelsN, labels, fit.Length);
    }

    /// <summary>Refuses scaled features that are too large to compute with.</summary>
    public static void RequireComputable(float[] scaled)
    {
        float largest = scaled.Max(Math.Abs);
        if (!(largest <= LargestFeature))
        {
            throw new EvaluationException(FormattableString.Invariant(
                $"The largest feature has the size {largest:0.###e0}; a probe computes with at most {LargestFeature:0.###e0}. Use FeatureScaling.Standardize, or divide the features by a constant."));
        }
    }

    /// <summary>The accuracy of scores [validation rows,C] on the validation split; not finite counts as wrong.</summary>
    public double ValidationAccuracy(Tensor scoresVC) => (double)CountCorrect(scoresVC, Labels.AsSpan(FitCount)) / (Count - FitCount);

    /// <summary>The accuracy of a linear layer with weights [C,D] and bias [C] on the validation split.</summary>
    public double ValidationAccuracy(double[] weights, double[] bias)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        Tensor weightsCD = AlignedTensor.From(weights, Classes, Width).to(ScalarType.Float32);
        Tensor biasC = AlignedTensor.From(bias, Classes).to(ScalarType.Float32);
        return ValidationAccuracy(nn.functional.linear(FeaturesND.narrow(0, FitCount, Count - FitCount), weightsCD, biasC));
    }

    /// <summary>How many of the scores [V,C] are largest at the label [V]; not finite counts as wrong.</summary>
    public static int CountCorrect(Tensor scoresVC, ReadOnlySpan<int> labels)
    {
        int correct = 0;
        int classes = (int)scoresVC.shape[1];
        ReadOnlySpan<float> scores = MemoryMarshal.Cast<byte, float>(scoresVC.bytes);
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = scores.Slice(i * classes, classes);
            int prediction = LinearClassifier.IndexOfLargest(row);
            correct += float.IsFinite(row[prediction]) && prediction == labels[i] ? 1 : 0;
        }

        return correct;
    }

    public void Dispose()
    {
        FeaturesND.Dispose();
        LabelsN.Dispose();
    }
}
