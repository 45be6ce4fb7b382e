using BenchmarkDotNet.Attributes;
using NJepa.Masking;

namespace NJepa.Benchmarks.Parts;

/// <summary>Masks of a step on the papers' 14 x 14 grid; the time is an image's.</summary>
public class MaskSampling
{
    private const int BatchSize = 128;
    private static readonly PatchGrid Grid = PatchGrid.ForImage(224, 16);
    private readonly IMaskSampler _paper = MultiBlockMasking.Paper.CreateSampler(Grid);
    private readonly IMaskSampler _reference = MultiBlockMasking.Reference.CreateSampler(Grid);
    private readonly long[] _images = [.. Enumerable.Range(0, BatchSize).Select(i => (long)i)];
    private long _step;

    /// <summary>128 images of a step.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = BatchSize)]
    public MaskBatch Batch() => _paper.Sample(0, _step++, _images);

    /// <summary>128 images of a step, drawn as the I-JEPA reference draws them.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public MaskBatch ReferenceBatch() => _reference.Sample(0, _step++, _images);

    /// <summary>A step of one image.</summary>
    [Benchmark]
    public MaskBatch OneImage() => _paper.Sample(0, _step++, _images.AsSpan(0, 1));
}
