using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Running;

/// <summary>What every arm must beat: the network before training, with each seed, and raw pixels.</summary>
internal sealed class Floors(RunStore store, ArmRun runner, EncoderJudge judge, AblationOptions options)
{
    private const int LargestPixelSide = 32;

    /// <summary>Side of the pictures whose pixels are a floor.</summary>
    public int PixelSide => Math.Min(options.Scale.ImageSize, LargestPixelSide);

    /// <summary>Measures those that are missing.</summary>
    public void Measure(CancellationToken cancellationToken)
    {
        Pixels(cancellationToken);
        foreach (ulong seed in options.Seeds)
        {
            Untrained(seed, cancellationToken);
        }
    }

    public EncoderResult Pixels(CancellationToken cancellationToken) =>
        store.GetOrAdd(Path.Combine("runs", "raw-pixels"), "result.json", () => judge.JudgePixels(PixelSide, cancellationToken));

    public RunResult Untrained(ulong seed, CancellationToken cancellationToken)
    {
        var key = new RunKey(RunKey.Untrained, 0, seed);
        return store.GetOrAdd(key.Folder, "result.json", () => runner.Untrained(seed, cancellationToken));
    }
}
