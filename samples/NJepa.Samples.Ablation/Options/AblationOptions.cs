using NJepa.Models;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Options;

/// <summary>What is compared, on what, at which scale.</summary>
internal sealed record AblationOptions
{
    public required IReadOnlyList<string> Tables { get; init; }

    public required string Images { get; init; }

    /// <summary>Where the test images are when they are not in <see cref="Images"/>.</summary>
    public string? TestImages { get; init; }

    public string Output { get; init; } = "njepa-ablation";

    public IReadOnlyList<ulong> Seeds { get; init; } = [0, 1, 2];

    public required AblationScale Scale { get; init; }

    /// <summary>All arms are trained with each of them; each arm's is chosen on a validation part of the training images.</summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [PretrainingOptions.SmallData.LearningRate];

    /// <summary>The encoder that the tables speak of, the same for all arms: the N-JEPA paper evaluates the student, the I-JEPA paper the teacher.</summary>
    public ProbedEncoder Encoder { get; init; }

    public string Device { get; init; } = "auto";

    /// <summary>Threads of the native library; 0 leaves its own choice.</summary>
    public int Threads { get; init; }

    /// <summary>Show the tables, and stop.</summary>
    public bool List { get; init; }

    /// <summary>Show what would be run, and stop.</summary>
    public bool Plan { get; init; }
}
