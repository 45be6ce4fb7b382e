using NJepa.Data;

namespace NJepa.Training.Tests;

/// <summary>The images of a source with other labels.</summary>
internal sealed class Relabelled(IImageSource images, int[] labels, params string[] classNames) : IImageSource
{
    public int Count => labels.Length;

    public IReadOnlyList<string> ClassNames => classNames;

    public static Relabelled Shuffled(IImageSource images, int seed)
    {
        int[] labels = [.. Enumerable.Range(0, images.Count).Select(images.GetLabel)];
        new Random(seed).Shuffle(labels);
        return new(images, labels, [.. images.ClassNames]);
    }

    public string GetName(int index) => images.GetName(index);

    public int GetLabel(int index) => labels[index];

    public Stream OpenRead(int index) => images.OpenRead(index);
}
