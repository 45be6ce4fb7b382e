using NJepa.Data;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>Which images a probe uses, and whether they can be classified at all: that must not be found out after the first epoch.</summary>
internal static class ProbeChoice
{
    /// <summary>All images of a source, or as many of each class.</summary>
    /// <exception cref="TrainingException">Some have no class.</exception>
    public static IImageSource Of(IImageSource source, string what, int most, int leastPerClass, ulong seed)
    {
        int[] labels = [.. Enumerable.Range(0, source.Count).Select(source.GetLabel)];
        int unlabelled = labels.Count(label => label < 0);
        if (unlabelled > 0 || labels.Length == 0)
        {
            throw Refusal(Invariant(
                $"{unlabelled} of its {labels.Length} {what} have no class, and every image needs one. In a folder of images the class is the first folder: put the images of each class into a folder of its own"));
        }

        return labels.Length <= most ? source : source.TakePerClass(Math.Max(leastPerClass, most / labels.Distinct().Count()), seed);
    }

    /// <summary>Requires two classes, two training images of each, and the same classes in both sets, among the images that could be read.</summary>
    /// <exception cref="TrainingException">One of these is missing.</exception>
    public static void RequireClasses(int[] trainLabels, IReadOnlyList<string> trainNames, int[] testLabels, IReadOnlyList<string> testNames)
    {
        if (trainNames.Count < 2 || trainLabels.Distinct().Count() < 2)
        {
            throw Refusal("its training images are all of one class, and telling classes apart needs two");
        }

        string[] only = [.. trainNames.Except(testNames, StringComparer.Ordinal).Concat(testNames.Except(trainNames, StringComparer.Ordinal)).Select(name => $"'{name}'")];
        if (only.Length > 0)
        {
            throw Refusal($"its training and test images must have the same classes, by name; in one of the two sets only: {ClassNames.Listed(only)}");
        }

        string[] small = [.. trainNames.Where((_, label) => trainLabels.Count(other => other == label) < 2).Select(name => $"'{name}'")];
        if (small.Length > 0)
        {
            throw Refusal($"every class needs two training images that can be read; too few in {ClassNames.Listed(small)}");
        }

        if (testLabels.Length == 0)
        {
            throw Refusal("none of its test images can be read");
        }
    }

    private static TrainingException Refusal(string problem) =>
        new($"The online probe (JepaTrainer.Probe) cannot be used: {problem}. Give it other images, or run without it. No step was taken.");
}
