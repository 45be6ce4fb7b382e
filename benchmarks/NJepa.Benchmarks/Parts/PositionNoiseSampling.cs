using BenchmarkDotNet.Attributes;
using NJepa.Masking;
using NJepa.Noise;

namespace NJepa.Benchmarks.Parts;

/// <summary>EDM noise for the mask tokens of a step, at the width of ViT-B's predictor; the time is an image's.</summary>
public class PositionNoiseSampling
{
    private const int BatchSize = 128;
    private const int Width = 384;
    private readonly PositionNoiseSampler _single = new(EdmNoise.Default, NoiseGranularity.SingleLevel, Width);
    private readonly PositionNoiseSampler _multi = new(EdmNoise.Default, NoiseGranularity.MultiLevel, Width);
    private readonly long[] _images = [.. Enumerable.Range(0, BatchSize).Select(i => (long)i)];
    private readonly MaskBatch _masks;
    private long _step;

    /// <summary>Draws the masks that say where noise is read.</summary>
    public PositionNoiseSampling() => _masks = MultiBlockMasking.Paper.CreateSampler(PatchGrid.ForImage(224, 16)).Sample(0, 0, _images);

    /// <summary>One level and one map an image.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = BatchSize)]
    public PositionNoiseBatch SingleLevel() => _single.Sample(0, _step++, _images, _masks.Targets, _masks.TargetBlocks);

    /// <summary>One level and one map for each target block.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public PositionNoiseBatch MultiLevel() => _multi.Sample(0, _step++, _images, _masks.Targets, _masks.TargetBlocks);
}
