namespace NJepa.Evaluation.Tests;

/// <summary>
/// Images of random patches of which one, at a random place, is marked: channel 0 says which patch it is, and the channels after it which class. The other patches hold the same class signals at random, as
/// distractors, so that the mean over the patches says next to nothing.
/// </summary>
internal static class MarkedPatches
{
    public const int Width = 16;

    public static PatchFeatureSet Draw(int perClass, int classes, int patches, int seed, PatchCacheOptions? cache = null)
    {
        var random = new Random(seed);
        int[] labels = [.. Enumerable.Range(0, perClass * classes).Select(i => i % classes)];
        var values = new float[labels.Length * patches * Width];
        for (int i = 0; i < labels.Length; i++)
        {
            int marked = random.Next(patches);
            for (int l = 0; l < patches; l++)
            {
                Span<float> patch = values.AsSpan(((i * patches) + l) * Width, Width);
                for (int d = 0; d < Width; d++)
                {
                    patch[d] = (float)(0.3 * Features.Normal(random));
                }

                patch[0] += l == marked ? 3 : 0;
                patch[1 + (l == marked ? labels[i] : random.Next(classes))] += 2;
            }
        }

        return new(values, patches, Width, labels, Features.Names(classes), cache);
    }

    public static PatchFeatureSet Relabelled(PatchFeatureSet set, int[] labels, string[]? names = null) =>
        new([.. Enumerable.Range(0, set.Count).SelectMany(set.ToArray)], set.Patches, set.Width, labels, names ?? [.. set.ClassNames], new() { Precision = set.Precision });
}
