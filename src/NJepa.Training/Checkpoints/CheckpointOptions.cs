using System.ComponentModel.DataAnnotations;

namespace NJepa.Training;

/// <summary>When a run saves itself, and what it keeps. Checkpoints lie in the folder <c>checkpoints</c> of <see cref="PretrainingOptions.OutputDirectory"/>, each in a folder of its own.</summary>
/// <remarks>A checkpoint is also written where a run ends, is cancelled, or is stopped by an error that leaves the weights whole. It takes 12 bytes per trained parameter and 4 per parameter of the teacher.</remarks>
public sealed record CheckpointOptions
{
    /// <summary>Steps between two checkpoints; null for none by steps.</summary>
    /// <value>Default null. From 1 to 1,000,000,000.</value>
    [Range(typeof(long), "1", "1000000000", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public long? EverySteps { get; set; }

    /// <summary>Minutes between two checkpoints; null for none by time.</summary>
    /// <value>Default 10. From 0.001 to 100,000.</value>
    [Range(0.001, 100_000.0)]
    public double? EveryMinutes { get; set; } = 10;

    /// <summary>How many of the newest checkpoints stay; older ones are deleted once a newer one is complete. With 1 there is nothing to fall back to when a disk damages it.</summary>
    /// <value>Default 2. From 1 to 1,000,000.</value>
    [Range(1, 1_000_000)]
    public int KeepLast { get; set; } = 2;

    /// <summary>Checkpoints whose step is a multiple of this stay for ever; null for none.</summary>
    /// <value>Default null. From 1 to 1,000,000,000.</value>
    [Range(typeof(long), "1", "1000000000", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public long? KeepEvery { get; set; }

    /// <summary>Whether a checkpoint is written while training goes on, from a copy in the host's memory as large as the checkpoint. Never more than one copy: the next waits for the one before.</summary>
    /// <value>Default true. False writes from a copy too, but training waits.</value>
    public bool InBackground { get; set; } = true;

    /// <summary>What happens when a checkpoint cannot be written, because the disk is full, read-only or gone. Earlier checkpoints stay as they are.</summary>
    /// <value>Default <see cref="SaveFailurePolicy.Stop"/>.</value>
    [EnumDataType(typeof(SaveFailurePolicy))]
    public SaveFailurePolicy OnFailure { get; set; }
}
