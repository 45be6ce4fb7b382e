namespace NJepa.Evaluation;

/// <summary>How patch features are kept in memory, and how much of it they may take.</summary>
public sealed record PatchCacheOptions
{
    /// <summary>The type that they are kept in.</summary>
    /// <value>Default: <see cref="PatchPrecision.Float16"/>.</value>
    public PatchPrecision Precision { get; init; } = PatchPrecision.Float16;

    /// <summary>
    /// The most bytes that the features of one set may take: images x patches x channels x bytes a number. At 14 x 14 patches and 384 channels an image takes 150,528 bytes in float16.
    /// A set that needs more is refused before anything is computed.
    /// </summary>
    /// <value>Default: 4 GiB (4,294,967,296). At least 1.</value>
    public long MaximumBytes { get; init; } = 4L << 30;

    internal int BytesPerNumber => Precision == PatchPrecision.Float16 ? 2 : sizeof(float);

    /// <summary>Checks all options at once.</summary>
    /// <exception cref="ArgumentException">Some option is out of range; the message lists all that are.</exception>
    public void Validate()
    {
        var problems = new OptionProblems("The patch-cache options");
        problems.Require(Enum.IsDefined(Precision), $"{nameof(Precision)} is {Precision}; it must be one of {string.Join(", ", Enum.GetNames<PatchPrecision>())}.");
        problems.Require(MaximumBytes >= 1, $"{nameof(MaximumBytes)} is {MaximumBytes}; it must be at least 1.");
        problems.ThrowIfAny("cache");
    }

    /// <summary>Refuses a set that is larger than the limit.</summary>
    internal void RequireRoom(long images, long patches, long width)
    {
        Int128 needed = (Int128)images * patches * width * BytesPerNumber;
        if (needed > MaximumBytes)
        {
            long fitting = (long)(MaximumBytes / ((Int128)patches * width * BytesPerNumber));
            string halved = Precision == PatchPrecision.Float32 ? "use PatchPrecision.Float16 (half the bytes), " : "";
            string fewer = fitting > 0 ? $"take at most {fitting} images (source.TakePerClass, source.Subset)" : "take an encoder with fewer patches or channels";
            throw new EvaluationException(
                $"The patch features of {images} images x {patches} patches x {width} channels in {Precision} need {needed} bytes, more than {nameof(PatchCacheOptions)}.{nameof(MaximumBytes)} = {MaximumBytes}. "
                + $"To go on, {halved}{fewer}, or raise {nameof(MaximumBytes)} if the machine has the memory.");
        }
    }
}
