using NJepa.Data;
using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Running;

/// <summary>The images of all runs: those to pretrain on, without their labels, and labelled ones on which features are judged.</summary>
internal sealed class AblationImages : OpenedImages
{
    private const double HeldOut = 0.2;

    private const int LeastPerClass = 2;

    private const int NamesShown = 10;

    private static readonly string[] PartNames = ["train", "training", "test", "testing", "val", "valid", "validation", "unlabeled", "unlabelled"];

    private AblationImages()
    {
    }

    public IImageSource Pretraining { get; private set; } = null!;

    public IImageSource ProbeTraining { get; private set; } = null!;

    public IImageSource Test { get; private set; } = null!;

    /// <summary>Where the test images came from, for people.</summary>
    public string TestNote { get; private set; } = "";

    /// <summary>What tells <see cref="Pretraining"/> from other images.</summary>
    public string PretrainingFingerprint { get; private set; } = "";

    /// <summary>What tells <see cref="ProbeTraining"/> from other images.</summary>
    public string ProbeTrainingFingerprint { get; private set; } = "";

    /// <summary>What tells <see cref="Test"/> from other images.</summary>
    public string TestFingerprint { get; private set; } = "";

    /// <summary>Opens them.</summary>
    /// <exception cref="ImageSourceException">There are no images, or they cannot be listed.</exception>
    /// <exception cref="AblationException">They are of fewer than two classes, or of a class there are too few.</exception>
    public static AblationImages Open(AblationOptions options) => Open(new AblationImages(), images => images.Load(options));

    private void Load(AblationOptions options)
    {
        IImageSource train = TryOpen(options.Images, "train") ?? Whole(options.Images);
        IImageSource? test = options.TestImages is { } elsewhere
            ? TryOpen(elsewhere, "test") ?? TryOpen(elsewhere, "val") ?? Whole(elsewhere)
            : TryOpen(options.Images, "test") ?? TryOpen(options.Images, "val");
        RequireClasses(train, options.Images);
        RequireEnough(train, options.Images, heldOut: test is null);
        TestNote = options.TestImages is { } place ? $"from {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(place)))}" : "from the images' own test part";
        if (test is null)
        {
            (train, test) = train.SplitRandomly(HeldOut);
            TestNote = "a fifth of each class, held out";
        }

        RequireClasses(test, options.TestImages ?? options.Images);
        RequireOthers(train, test, options);
        Pretraining = train;
        ProbeTraining = AtMost(train, options.Scale.ProbeImages);
        Test = AtMost(test, options.Scale.TestImages);
        (PretrainingFingerprint, ProbeTrainingFingerprint, TestFingerprint) = (ImageFingerprint.Of(Pretraining), ImageFingerprint.Of(ProbeTraining), ImageFingerprint.Of(Test));
    }

    private static IImageSource AtMost(IImageSource source, int most) => source.Count <= most ? source : source.TakePerClass(Math.Max(2, most / source.ClassNames.Count));

    private static void RequireClasses(IImageSource source, string path)
    {
        int classes = Enumerable.Range(0, source.Count).Select(source.GetLabel).Where(label => label >= 0).Distinct().Count();
        if (classes < 2)
        {
            throw new AblationException($"The images in '{path}' are of {classes} class{(classes == 1 ? "" : "es")}; tables of accuracies need at least two. Put the images of each class into a folder of its own.");
        }
    }

    /// <summary>The probes choose their settings on one training image of each class, and learn from the others.</summary>
    private static void RequireEnough(IImageSource train, string path, bool heldOut)
    {
        int least = heldOut ? LeastPerClass + 1 : LeastPerClass;
        int[] counts = new int[train.ClassNames.Count];
        foreach (int label in Enumerable.Range(0, train.Count).Select(train.GetLabel).Where(label => label >= 0))
        {
            counts[label]++;
        }

        string[] small = [.. train.ClassNames.Zip(counts).Where(pair => pair.Second < least).Select(pair => $"'{pair.First}' ({pair.Second})")];
        if (small.Length > 0)
        {
            throw new AblationException(
                $"The classes of the training images in '{path}' need at least {least} images each{(heldOut ? ", because a fifth of each class, at least one image, is held out to test on" : "")}; too few in {string.Join(", ", small.Take(NamesShown))}{(small.Length > NamesShown ? $" and {small.Length - NamesShown} more" : "")}. "
                + $"Add images to these classes, {(heldOut ? "give test images of their own (--test-images), " : "")}or leave the classes out.");
        }
    }

    /// <summary>Features of images that the encoder or the classifier has learned from say nothing.</summary>
    private static void RequireOthers(IImageSource train, IImageSource test, AblationOptions options)
    {
        if (options.TestImages is null)
        {
            return;
        }

        string images = Path.GetFullPath(options.Images), others = Path.GetFullPath(options.TestImages);
        bool inside = images != others && (Contains(images, others) || Contains(others, images)) && train.ClassNames.Any(name => PartNames.Contains(name, StringComparer.OrdinalIgnoreCase));
        if (inside || ImageFingerprint.Of(train) == ImageFingerprint.Of(test))
        {
            throw new AblationException($"The test images in '{options.TestImages}' are among the training images in '{options.Images}'. Keep them apart, or leave --test-images out: then a fifth of each class is held out.");
        }

        static bool Contains(string folder, string path) => path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>All images of a place that is not divided into parts.</summary>
    private IImageSource Whole(string path)
    {
        IImageSource all = Keep(ImageSource.Open(path));
        string[] parts = [.. all.ClassNames.Where(name => PartNames.Contains(name, StringComparer.OrdinalIgnoreCase))];
        return parts.Length == 0
            ? all
            : throw new AblationException(
                $"In '{path}' the folders {string.Join(", ", parts.Select(name => $"'{name}'"))} look like parts of a data set and not like classes. Give the part with the labelled training images as --images and that with the test images as --test-images, or name them train and test.");
    }

    private IImageSource? TryOpen(string path, string split)
    {
        try
        {
            return Keep(ImageSource.Open(path, split));
        }
        catch (ImageSourceException) when (!Directory.Exists(Path.Combine(path, split)))
        {
            // No such part. One that is there and cannot be used is an error.
            return null;
        }
    }
}
