using BenchmarkDotNet.Attributes;
using NJepa.Evaluation;
using NJepa.Models;

namespace NJepa.Benchmarks.Parts;

/// <summary>Whole evaluations of cached features: clouds of ten classes, a fifth as many test images as training images. Each returns the accuracy.</summary>
public class FeatureProbes
{
    private const int Classes = 10;
    private FeatureSet? _train;
    private FeatureSet? _test;

    /// <summary>Training images.</summary>
    public int Images { get; set; } = 50_000;

    /// <summary>Features of an image; that of ViT-S.</summary>
    public int Width { get; set; } = 384;

    /// <summary>Draws the features.</summary>
    [GlobalSetup]
    public void Setup()
    {
        NJepaRuntime.EnsureLoaded();
        float[] centres = new float[Classes * Width];
        var random = new Random(1);
        Fill(random, centres);
        _train = Draw(random, centres, Images);
        _test = Draw(random, centres, Math.Max(Classes, Images / 5));
    }

    /// <summary>Logistic regression: six strengths and the final fit.</summary>
    [Benchmark]
    public float Logistic() => (float)LinearProbe.Evaluate(_train!, _test!, LinearProbeOptions.Default).Classification.Accuracy;

    /// <summary>The N-JEPA paper's protocol: seven learning rates at once, and the final fit.</summary>
    [Benchmark]
    public float Paper() => (float)LinearProbe.Evaluate(_train!, _test!, LinearProbeOptions.Paper).Classification.Accuracy;

    /// <summary>The I-JEPA paper's protocol: two times six combinations, and the final fit.</summary>
    [Benchmark]
    public float IJepa() => (float)LinearProbe.Evaluate(_train!, _test!, LinearProbeOptions.IJepa).Classification.Accuracy;

    /// <summary>Nearest neighbours, k = 20.</summary>
    [Benchmark]
    public float Neighbours() => (float)NearestNeighbours.Evaluate(_train!, _test!)[0].Accuracy;

    /// <summary>1 % and 10 % of the labels, five draws each, with cross-validation.</summary>
    [Benchmark]
    public float FewLabels() => (float)LowShot.Evaluate(_train!, _test!).Budgets[1].MeanAccuracy;

    private FeatureSet Draw(Random random, float[] centres, int count)
    {
        var values = new float[count * Width];
        Fill(random, values);
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % Classes)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += 0.12f * centres[(labels[i / Width] * Width) + (i % Width)];
        }

        return new(values, Width, labels, [.. Enumerable.Range(0, Classes).Select(c => $"class{c}")]);
    }

    private static void Fill(Random random, float[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            // The sum of four uniform numbers, nearly normal and of variance 1.
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * Math.Sqrt(3));
        }
    }
}
