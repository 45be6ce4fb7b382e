namespace NJepa.Evaluation.Tests;

/// <summary>Made-up features.</summary>
internal static class Features
{
    /// <summary>Clouds around one random centre per class; the classes take turns.</summary>
    public static FeatureSet Clouds(int classes, int perClass, int width, double spread, int seed, int drawSeed = 1000)
    {
        var centres = new Random(seed);
        double[] centre = [.. Enumerable.Range(0, classes * width).Select(_ => Normal(centres))];
        var draw = new Random(drawSeed);
        int[] labels = [.. Enumerable.Range(0, classes * perClass).Select(i => i % classes)];
        float[] values = [.. Enumerable.Range(0, labels.Length * width).Select(i => (float)(centre[(labels[i / width] * width) + (i % width)] + (spread * Normal(draw))))];
        return new(values, width, labels, Names(classes));
    }

    public static FeatureSet Noise(int count, int width, int classes, int seed)
    {
        var random = new Random(seed);
        float[] values = [.. Enumerable.Range(0, count * width).Select(_ => (float)Normal(random))];
        return new(values, width, [.. Enumerable.Range(0, count).Select(i => i % classes)], Names(classes));
    }

    public static FeatureSet Of(float[] values, int width, params int[] labels) =>
        new(values, width, labels, Names(labels.Max() + 1));

    public static FeatureSet Unlabelled(float[] values, int width) =>
        new(values, width, [.. Enumerable.Repeat(FeatureSet.Unlabelled, values.Length / width)], []);

    /// <summary>The same features under labels in a random order.</summary>
    public static FeatureSet Relabelled(FeatureSet set, int seed)
    {
        int[] labels = [.. set.Labels];
        new Random(seed).Shuffle(labels);
        return new(set.Values, set.Width, labels, set.ClassNames);
    }

    /// <summary>How far a guess may be from chance: 4.5 standard deviations of a binomial, which happens to one honest guess in 150,000.</summary>
    public static double ChanceMargin(int classes, int count) => 4.5 * Math.Sqrt(1.0 / classes * (1 - (1.0 / classes)) / count);

    /// <summary>The accuracy of taking the nearest of the centres: what is best possible for clouds of equal, round spread.</summary>
    public static double NearestCentre(FeatureSet test, FeatureSet centres) =>
        Enumerable.Range(0, test.Count).Average(i => Enumerable.Range(0, centres.Count).MinBy(
            c => test.Row(i).ToArray().Zip(centres.Row(c).ToArray()).Sum(p => (p.First - p.Second) * (p.First - p.Second))) == test.Labels[i] ? 1.0 : 0.0);

    public static string[] Names(int classes) => [.. Enumerable.Range(0, classes).Select(c => $"class{c}")];

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Features with strong correlations and a common offset, as those of real encoders.</summary>
    public static FeatureSet Correlated(FeatureSet set)
    {
        float[] values = [.. set.Values];
        for (int i = 0; i < set.Count; i++)
        {
            for (int d = 1; d < set.Width; d++)
            {
                values[(i * set.Width) + d] = (0.8f * values[(i * set.Width) + d - 1]) + (0.5f * values[(i * set.Width) + d]) + 0.3f;
            }
        }

        return new(values, set.Width, set.Labels, set.ClassNames);
    }
}
