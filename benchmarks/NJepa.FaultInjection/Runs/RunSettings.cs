using NJepa.Data;
using NJepa.Models;
using NJepa.Training;

namespace NJepa.FaultInjection.Runs;

/// <summary>A tiny run whose steps take a few milliseconds. Everything that its outcome depends on is here, so that processes that are given the same do the same.</summary>
internal sealed record RunSettings
{
    public const int ImageSize = 32;
    public const int BatchSize = 6;

    /// <summary>64 pictures in batches of 6.</summary>
    public const int StepsPerEpoch = 10;

    public required string Images { get; init; }

    public required string Output { get; init; }

    /// <summary>Steps of the whole run: a multiple of <see cref="StepsPerEpoch"/>.</summary>
    public required int Steps { get; init; }

    public ulong Seed { get; init; }

    /// <summary>Steps between two checkpoints; null for the last one only.</summary>
    public int? EverySteps { get; init; } = 1;

    public int KeepLast { get; init; } = 2;

    /// <summary>Three: a checkpoint between two lines of the loss log holds sums of losses.</summary>
    public int LogEvery { get; init; } = 3;

    public int LoaderThreads { get; init; } = 1;

    public SaveFailurePolicy OnFailure { get; init; }

    /// <summary>A large file that the run deletes at its first report from <see cref="FreeAt"/> on: someone makes room on the disk.</summary>
    public string? Filler { get; init; }

    public long FreeAt { get; init; }

    /// <summary>Steps at whose reports tensors and memory are counted.</summary>
    public IReadOnlyList<long> MeasureAt { get; init; } = [];

    public PretrainingOptions Options() => PretrainingOptions.SmallData with
    {
        Epochs = Steps % StepsPerEpoch == 0 ? Steps / StepsPerEpoch : throw new ArgumentException($"{Steps} steps are not whole epochs of {StepsPerEpoch}.", nameof(Steps)),
        BatchSize = BatchSize,
        Seed = Seed,
        LogEvery = LogEvery,
        LoaderThreads = LoaderThreads,
        OutputDirectory = Output,
        Checkpoints = new CheckpointOptions { EverySteps = EverySteps, EveryMinutes = null, KeepLast = KeepLast, OnFailure = OnFailure },
    };

    public static JepaModel Model() => JepaBuilder.WithEncoder(new ViT { Name = "tiny", ImageSize = ImageSize, PatchSize = 8, Width = 24, Depth = 1, Heads = 2 }).WithRecipe(JepaRecipe.SmallData).Build();

    public IImageSource Source() => ImageSource.Open(Images);
}
