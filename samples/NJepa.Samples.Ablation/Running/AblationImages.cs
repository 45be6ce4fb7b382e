using NJepa.Data;
using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Running;

/// <summary>The images of all runs: those to pretrain on, without their labels, and labelled ones on which features are judged.</summary>
internal sealed class AblationImages : IDisposable
{
    private const double HeldOut = 0.2;

    private static readonly string[] PartNames = ["train", "training", "test", "testing", "val", "valid", "validation", "unlabeled", "unlabelled"];

    private readonly List<IImageSource> _opened = [];

    private AblationImages()
    {
    }

    public IImageSource Pretraining { get; private set; } = null!;

    public IImageSource ProbeTraining { get; private set; } = null!;

    public IImageSource Test { get; private set; } = null!;

    /// <summary>Where the test images came from, for people.</summary>
    public string TestNote { get; private set; } = "";

    /// <summary>Opens them.</summary>
    /// <exception cref="ImageSourceException">There are no images, or they cannot be listed.</exception>
    /// <exception cref="AblationException">They are of fewer than two classes.</exception>
    public static AblationImages Open(AblationOptions options)
    {
        var images = new AblationImages();
        try
        {
            images.Load(options);
            return images;
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (IDisposable source in _opened.OfType<IDisposable>())
        {
            source.Dispose();
        }
    }

    private void Load(AblationOptions options)
    {
        IImageSource train = TryOpen(options.Images, "train") ?? Whole(options.Images);
        IImageSource? test = options.TestImages is { } elsewhere
            ? TryOpen(elsewhere, "test") ?? TryOpen(elsewhere, "val") ?? Whole(elsewhere)
            : TryOpen(options.Images, "test") ?? TryOpen(options.Images, "val");
        RequireClasses(train, options.Images);
        TestNote = options.TestImages is not null ? $"from {options.TestImages}" : "from the images' own test part";
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

    private IImageSource Keep(IImageSource source)
    {
        _opened.Add(source);
        return source;
    }
}
