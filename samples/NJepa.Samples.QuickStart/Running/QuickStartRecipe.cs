using NJepa.Models;
using NJepa.Samples.QuickStart.Options;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>
/// What the quick start trains and how: the one place for it. Image size, patch size and epochs have their defaults in
/// <see cref="QuickStartOptions"/>; all that is not said here comes from the presets.
/// </summary>
internal static class QuickStartRecipe
{
    // On the screen and in the loss curve a run is this many reports long, short ones less.
    private const int Reports = 200;

    /// <summary>The encoder of a <c>--model</c> name, for the sizes asked for.</summary>
    public static ViT Encoder(QuickStartOptions options)
    {
        ViT preset = options.Model switch
        {
            "nano" => ViT.Nano4,
            "tiny" => ViT.Tiny16,
            "small" => ViT.Small16,
            _ => ViT.Base16,
        };
        return preset with
        {
            ImageSize = options.ImageSize,
            PatchSize = options.PatchSize,
        };
    }

    /// <summary>The model: N-JEPA with the settings for small sets of images.</summary>
    public static JepaBuilder Model(QuickStartOptions options) =>
        JepaBuilder.WithEncoder(Encoder(options))
            .WithRecipe(JepaRecipe.SmallData).WithSeed(options.Seed)
            .WithPrecision(Enum.Parse<Precision>(options.Precision, ignoreCase: true));

    /// <summary>The training, its batches no larger than the set.</summary>
    public static PretrainingOptions Training(QuickStartOptions options, int images)
    {
        PretrainingOptions training = PretrainingOptions.SmallData with
        {
            Epochs = options.Epochs,
            Seed = options.Seed,
            OutputDirectory = options.Output,
        };
        training.BatchSize = Math.Min(training.BatchSize, images);
        long steps = (long)training.Epochs * (images / training.BatchSize);
        training.LogEvery = (int)Math.Clamp(steps / Reports, 1, training.LogEvery);
        return training;
    }
}
