using NJepa.Data;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The images of a run: those to pretrain on, and those on which the features are judged.</summary>
internal sealed class QuickStartImages : OpenedImages
{
    /// <summary>On more images the evaluation would take longer and say hardly more.</summary>
    public const int MostTrainingImages = 5000;

    /// <summary>With 2,000 test images an accuracy is known to about two points.</summary>
    public const int MostTestImages = 2000;

    private const double TestShare = 0.2;

    private QuickStartImages()
    {
    }

    /// <summary>All images to pretrain on; labels are not looked at.</summary>
    public IImageSource Pretraining { get; private set; } = null!;

    /// <summary>The images whose features classifiers learn from: all labelled ones of <see cref="Pretraining"/>, or a part of each class. Without labels any images.</summary>
    public IImageSource EvaluationTraining { get; private set; } = null!;

    /// <summary>Labelled images that no training saw; null where there are none.</summary>
    public IImageSource? EvaluationTest { get; private set; }

    /// <summary>What was found and how it is used, line by line.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Opens a folder or zip. Folders named train and test (or val) are used as they are; otherwise a fifth of each class is held out for testing.</summary>
    /// <exception cref="ImageSourceException">There are no images, or they cannot be listed.</exception>
    /// <exception cref="QuickStartException">There is a single image.</exception>
    public static QuickStartImages Open(string path) => Open(new QuickStartImages(), images => images.Load(path));

    private void Load(string path)
    {
        IImageSource? test = null;
        if (TryOpen(path, "train") is { } train)
        {
            test = TryOpen(path, "test") ?? TryOpen(path, "val");
        }
        else
        {
            train = Keep(ImageSource.Open(path));
        }

        bool split = test is null && Classes(train) >= 2;
        if (split)
        {
            (train, test) = train.SplitRandomly(TestShare);
        }

        if (train.Count < 2)
        {
            throw new QuickStartException($"There is {train.Count} image to train on in '{path}'; at least 2 are needed, and some thousands for features worth having.");
        }

        Pretraining = train;
        Notes.Add(Classes(train) >= 2 && test is not null
            ? $"{train.Count:N0} images of {Classes(train)} classes to train on, {test.Count:N0} to test on{(split ? ": a fifth of each class, chosen at random" : "")}"
            : $"{train.Count:N0} images to train on");
        EvaluationTraining = Part(Labelled(train) ?? train, MostTrainingImages, "features are judged");
        EvaluationTest = test is not null && Labelled(test) is { } labelled ? Part(labelled, MostTestImages, "classifiers are tested") : null;
    }

    private IImageSource? TryOpen(string path, string split)
    {
        try
        {
            return Keep(ImageSource.Open(path, split));
        }
        catch (ImageSourceException)
        {
            // No such split; what else may be wrong shows when the whole is opened.
            return null;
        }
    }

    private IImageSource Part(IImageSource source, int most, string what)
    {
        if (source.Count <= most)
        {
            return source;
        }

        // Classifiers need two images of every class, however many classes there are.
        IImageSource part = Classes(source) > 0
            ? source.TakePerClass(Math.Max(2, most / Classes(source)))
            : source.Subset(Enumerable.Range(0, most).Select(i => (int)((long)i * source.Count / most)));
        Notes.Add($"{what} on {part.Count:N0} of {source.Count:N0} images{(Classes(source) > 0 ? ", as many of each class" : "")}, to save time");
        return part;
    }

    private static int Classes(IImageSource source) =>
        Enumerable.Range(0, source.Count).Select(source.GetLabel).Where(label => label >= 0).Distinct().Count();

    private static IImageSource? Labelled(IImageSource source)
    {
        int[] labelled = [.. Enumerable.Range(0, source.Count).Where(i => source.GetLabel(i) >= 0)];
        return labelled.Length == 0 ? null : labelled.Length == source.Count ? source : source.Subset(labelled);
    }
}
