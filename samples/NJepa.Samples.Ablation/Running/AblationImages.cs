using NJepa.Data;
using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Running;

/// <summary>The images of all runs: those to pretrain on, without their labels, and labelled ones on which features are judged.</summary>
internal sealed class AblationImages : IDisposable
{
    private const double HeldOut = 0.2;

    private readonly List<IImageSource> _opened = [];

    private AblationImages()
    {
    }

    public IImageSource Pretraining { get; private set; } = null!;

    public IImageSource ProbeTraining { get; private set; } = null!;

    public IImageSource Test { get; private set; } = null!;

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
        IImageSource? train = TryOpen(options.Images, "train"), test = null;
        if (options.TestImages is { } elsewhere)
        {
            test = TryOpen(elsewhere, "test") ?? TryOpen(elsewhere, "val") ?? Keep(ImageSource.Open(elsewhere));
        }
        else if (train is not null)
        {
            test = TryOpen(options.Images, "test") ?? TryOpen(options.Images, "val");
        }

        train ??= Keep(ImageSource.Open(options.Images));
        RequireClasses(train, options.Images);
        if (test is null)
        {
            (train, test) = train.SplitRandomly(HeldOut);
        }

        RequireClasses(test, options.TestImages ?? options.Images);
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

    private IImageSource? TryOpen(string path, string split)
    {
        try
        {
            return Keep(ImageSource.Open(path, split));
        }
        catch (ImageSourceException)
        {
            // No such part; what else may be wrong shows when the whole is opened.
            return null;
        }
    }

    private IImageSource Keep(IImageSource source)
    {
        _opened.Add(source);
        return source;
    }
}
