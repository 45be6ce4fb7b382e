using System.Text.Json;
using System.Text.Json.Serialization;

namespace NJepa.Training;

/// <summary>
/// A checkpoint's <c>trainer.json</c>: where a run stands, and what it was, so that what goes on from it can be told apart. There is no generator state in it: every random number is a function of
/// seed and step.
/// </summary>
internal sealed record TrainerState
{
    private const int CurrentVersion = 1;
    private const int MaxBytes = 64 << 20;

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,

        // A term of weight 0 may be infinite or not a number, and so is its sum: that must not keep a run from being saved.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public int Version { get; init; } = CurrentVersion;

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Steps of the whole run, by the options that it was saved with.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Updates of AdamW; fewer than <see cref="Step"/> where steps were skipped.</summary>
    public required long OptimizerSteps { get; init; }

    public required long SkippedSteps { get; init; }

    public required DateTime SavedAt { get; init; }

    /// <summary>Sums of the loss terms since the last line of the loss log.</summary>
    public required double[] LossSums { get; init; }

    /// <summary>Steps in <see cref="LossSums"/>.</summary>
    public required long LossSteps { get; init; }

    public required DataDescription Data { get; init; }

    public required IReadOnlyDictionary<string, string> Model { get; init; }

    public required IReadOnlyDictionary<string, string> Options { get; init; }

    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Format);

    /// <summary>Reads the state without trusting it.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static TrainerState Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            TrainerState state = JsonSerializer.Deserialize<TrainerState>(bytes, Format) ?? throw new JsonException("it is null");
            return state switch
            {
                { Version: not CurrentVersion } => throw new InvalidDataException($"its trainer.json is of version {state.Version}, and this NJepa reads version {CurrentVersion}"),
                { Step: < 0 } or { TotalSteps: < 0 } or { OptimizerSteps: < 0 } or { SkippedSteps: < 0 } or { LossSteps: < 0 } => throw new InvalidDataException("its trainer.json has negative numbers of steps"),
                _ => state,
            };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new InvalidDataException("its trainer.json is damaged: " + e.Message, e);
        }
    }

    /// <summary>Reads the state of a checkpoint's folder.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TrainerState Read(string folder) =>
        Parse(CheckpointManifest.ReadBounded(Path.Combine(folder, CheckpointFiles.Trainer), MaxBytes, "its trainer.json"));
}
