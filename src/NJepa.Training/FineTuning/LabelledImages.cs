using NJepa.Data;

namespace NJepa.Training;

/// <summary>Whether images can be fine-tuned on, and which of them are held back.</summary>
internal static class LabelledImages
{
    private const string Folders = "In a folder of images the class is the first folder: put the images of each class into a folder of its own.";

    /// <summary>Requires two classes and a number of images in each of them.</summary>
    /// <exception cref="TrainingException">What is wrong, with the remedy.</exception>
    public static void RequireClasses(IImageSource images, int minimumPerClass)
    {
        RequireLabels(images, "training set");
        int[] counts = Counts(images);
        if (counts.Count(count => count > 0) < 2)
        {
            throw new TrainingException($"The training set has images of one class only ('{images.ClassNames[Array.FindIndex(counts, count => count > 0)]}'); telling classes apart needs at least two. {Folders}");
        }

        string[] small = [.. images.ClassNames.Zip(counts).Where(pair => pair.Second < minimumPerClass).Select(pair => $"'{pair.First}' ({pair.Second})")];
        if (small.Length > 0)
        {
            throw new TrainingException(
                $"Every class of the training set needs at least {minimumPerClass} {(minimumPerClass == 1 ? "image" : "images, one of them for the validation split")}; too few in {ClassNames.Listed(small)}. Add images to these classes or leave the classes out.");
        }
    }

    /// <summary>Requires that test images are labelled with the classes of the training set.</summary>
    /// <exception cref="TrainingException">What is wrong, with the remedy.</exception>
    public static void RequireSameClasses(IImageSource train, IImageSource test)
    {
        RequireLabels(test, "test set");
        if (ClassNames.Difference(train.ClassNames, test.ClassNames) is { } difference)
        {
            throw new TrainingException(difference);
        }
    }

    /// <summary>Holds a part of each class back, at least one image and never all of them.</summary>
    /// <returns>Indices into the source, ascending; no validation images where the fraction is 0.</returns>
    public static (int[] Train, int[] Validation) Split(IImageSource images, double validationFraction, ulong seed)
    {
        int[] all = [.. Enumerable.Range(0, images.Count)];
        if (validationFraction == 0)
        {
            return (all, []);
        }

        var validation = new List<int>();
        foreach (IGrouping<int, int> group in all.GroupBy(images.GetLabel).OrderBy(group => group.Key))
        {
            int[] members = [.. group];
            CounterRandom.Create(seed, RandomPurpose.DataSplit, index: group.Key + 1).Shuffle(members.AsSpan());
            validation.AddRange(members.Take(Math.Clamp((int)Math.Round(validationFraction * members.Length), 1, members.Length - 1)));
        }

        validation.Sort();
        return ([.. all.Except(validation)], [.. validation]);
    }

    private static void RequireLabels(IImageSource images, string role)
    {
        int[] labels = [.. Enumerable.Range(0, images.Count).Select(images.GetLabel)];
        int unlabelled = labels.Count(label => label < 0), beyond = Array.FindIndex(labels, label => label >= images.ClassNames.Count);
        if (labels.Length == 0 || unlabelled > 0)
        {
            throw new TrainingException(labels.Length == 0
                ? $"The {role} has no images."
                : $"{unlabelled} of the {images.Count} images of the {role} have no class; every image needs one. {Folders}");
        }

        if (beyond >= 0)
        {
            throw new TrainingException($"Image {beyond} of the {role} ('{images.GetName(beyond)}') has the label {labels[beyond]}; with {images.ClassNames.Count} classes it must be from 0 to {images.ClassNames.Count - 1}.");
        }
    }

    private static int[] Counts(IImageSource images)
    {
        var counts = new int[images.ClassNames.Count];
        for (int i = 0; i < images.Count; i++)
        {
            counts[images.GetLabel(i)]++;
        }

        return counts;
    }
}
