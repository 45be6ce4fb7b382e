using Microsoft.Extensions.Options;
using NJepa.Data;

namespace NJepa.Training;

/// <summary>
/// Labelled images on which a run judges its encoder now and then, for <see cref="JepaTrainer.Probe"/>: by the classes of nearest neighbours, by a linear classifier on its features, and by the
/// dimensions that they use (RankMe). A loss says how well features are predicted; this says what they are good for.
/// </summary>
/// <remarks>
/// Labels never reach the training: a reading encodes the images without gradients, and the classifiers are made for it and thrown away. It draws no random number of the run and writes nothing that
/// the run reads, so that on a CPU the weights of a run with a probe are, bit for bit, those of a run without. What the readings are used for is another matter: choose nothing by
/// test images whose accuracy you report.
/// The probe does not own its images. One probe may serve several runs; each decodes the images it needs at its start and keeps them.
/// </remarks>
public sealed class OnlineProbe
{
    /// <summary>A probe that reads every epoch, on the student.</summary>
    /// <param name="train">Labelled images to learn from; at least two classes and two images of each. They may be images of the pretraining.</param>
    /// <param name="test">Labelled images of the same classes to test on, which the pretraining should not have seen. Classes are matched by name.</param>
    public OnlineProbe(IImageSource train, IImageSource test)
        : this(train, test, new OnlineProbeOptions())
    {
    }

    /// <summary>A probe.</summary>
    /// <param name="train">Labelled images to learn from; at least two classes and two images of each. They may be images of the pretraining.</param>
    /// <param name="test">Labelled images of the same classes to test on, which the pretraining should not have seen. Classes are matched by name.</param>
    /// <param name="options">How often, on how many images, and how.</param>
    /// <exception cref="OptionsValidationException">Settings are out of range; lists every error.</exception>
    public OnlineProbe(IImageSource train, IImageSource test, OnlineProbeOptions options)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> errors = options.Validate();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(OnlineProbeOptions), typeof(OnlineProbeOptions), errors);
        }

        (Train, Test, Options) = (train, test, options);
    }

    /// <summary>The images to learn from, of which <see cref="OnlineProbeOptions.MaxTrainingImages"/> are used.</summary>
    public IImageSource Train { get; }

    /// <summary>The images to test on, of which <see cref="OnlineProbeOptions.MaxTestImages"/> are used.</summary>
    public IImageSource Test { get; }

    /// <summary>How often, on how many images, and how.</summary>
    public OnlineProbeOptions Options { get; }
}
