namespace NJepa.Evaluation;

/// <summary>How an encoder is compared with its floors.</summary>
public sealed record EncoderEvaluationOptions
{
    /// <summary>What the report calls the encoder.</summary>
    /// <value>Default: <c>pretrained encoder</c>. Not empty, and not the name of a floor.</value>
    public string Name { get; init; } = "pretrained encoder";

    /// <summary>View, normalisation, loading and layers, for the encoder and for the untrained one.</summary>
    /// <value>Default: the defaults of <see cref="FeatureExtractionOptions"/>.</value>
    public FeatureExtractionOptions Features { get; init; } = new();

    /// <summary>The options of kNN.</summary>
    /// <value>Default: <see cref="NearestNeighboursOptions.Default"/>.</value>
    public NearestNeighboursOptions Neighbours { get; init; } = NearestNeighboursOptions.Default;

    /// <summary>The options of the linear probe.</summary>
    /// <value>Default: <see cref="LinearProbeOptions.Default"/>.</value>
    public LinearProbeOptions Probe { get; init; } = LinearProbeOptions.Default;

    /// <summary>The seed of the untrained encoder's weights.</summary>
    /// <value>Default: 0.</value>
    public ulong UntrainedSeed { get; init; }

    /// <summary>The side in pixels to which images are reduced for the floor of raw pixels.</summary>
    /// <value>Default: 16, which makes 768 features. From 1 to 64.</value>
    public int RawPixelSize { get; init; } = 16;

    /// <summary>Checks all options at once.</summary>
    /// <exception cref="ArgumentException">Some option is out of range; the message lists all that are.</exception>
    public void Validate()
    {
        var problems = new OptionProblems("The encoder-evaluation options");
        problems.Require(!string.IsNullOrWhiteSpace(Name), $"{nameof(Name)} is empty; give the encoder a name for the report.");
        problems.Require(Name is not (EvaluationEntry.Untrained or EvaluationEntry.RawPixels), $"{nameof(Name)} is '{Name}', which is the name of a floor; give the encoder another.");
        problems.Require(Features is not null, $"{nameof(Features)} is null; leave it out for the defaults.");
        problems.Require(Neighbours is not null, $"{nameof(Neighbours)} is null; leave it out for the defaults.");
        problems.Require(Probe is not null, $"{nameof(Probe)} is null; leave it out for the defaults.");
        problems.Require(RawPixelSize is >= 1 and <= 64, $"{nameof(RawPixelSize)} is {RawPixelSize}; it must be from 1 to 64 pixels.");
        problems.ThrowIfAny("options");
        Neighbours!.Validate();
        Probe!.Validate();
    }
}
