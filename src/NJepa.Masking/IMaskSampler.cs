namespace NJepa.Masking;

/// <summary>
/// Says, for every image of a step, which patches the student sees (the context) and which the predictor has to predict (the target blocks).
/// </summary>
/// <remarks>
/// An implementation is a pure function of <c>(seed, step, sample index)</c>: the same numbers give the same masks on any machine, for any number of threads or
/// processes, in any order. Only what has to be equal over a batch (block size, context length) may depend on the other images of the step. Instances keep no
/// state and may be used by several threads at once.
/// </remarks>
public interface IMaskSampler
{
    /// <summary>The grid that the masks are for.</summary>
    PatchGrid Grid { get; }

    /// <summary>Target blocks per image (M), at least 1.</summary>
    int TargetBlocks { get; }

    /// <summary>The masks of a whole batch.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run, at least 0.</param>
    /// <param name="sampleIndices">Index of every image of the step, over all processes. Any numbers; equal ones get equal masks.</param>
    /// <returns>A batch of <c>sampleIndices.Length</c> images.</returns>
    /// <exception cref="ArgumentException">There is no image, or the arrays would be larger than .NET allows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices) => Sample(seed, step, sampleIndices, 0, sampleIndices.Length);

    /// <summary>
    /// The masks of a part of a batch: exactly those that the whole batch would have there. For data-parallel training, where each process names the images of
    /// the whole step and emits its own share, so that all use the same block size and context length without exchanging anything.
    /// </summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run, at least 0.</param>
    /// <param name="sampleIndices">Index of every image of the step, over all processes.</param>
    /// <param name="start">Position in <paramref name="sampleIndices"/> of the first image to emit.</param>
    /// <param name="count">Images to emit, at least 1.</param>
    /// <returns>A batch of <paramref name="count"/> images.</returns>
    /// <exception cref="ArgumentException">There is no image, or the arrays would be larger than .NET allows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative, or the part does not lie inside the batch.</exception>
    MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, int start, int count);
}
