using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>The checks that all samplers share.</summary>
internal static class SampleArguments
{
    public static void Check(long step, ReadOnlySpan<long> sampleIndices, int start, int count)
    {
        if (step < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(step), Invariant($"step is {step}; steps are counted from 0."));
        }

        if (sampleIndices.IsEmpty)
        {
            throw new ArgumentException("sampleIndices is empty; a batch needs at least one image.", nameof(sampleIndices));
        }

        if (start < 0 || start >= sampleIndices.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), Invariant($"start is {start}; it must be 0 to {sampleIndices.Length - 1}, a position in the batch of {sampleIndices.Length} images."));
        }

        if (count < 1 || count > sampleIndices.Length - start)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), Invariant($"count is {count}; it must be 1 to {sampleIndices.Length - start}, the images of the batch from position {start} on."));
        }
    }

    /// <summary>An array of <paramref name="images"/> rows; its content is undefined.</summary>
    public static int[] Rows(int images, long patchesPerImage)
    {
        long length = images * patchesPerImage;
        return length <= Array.MaxLength
            ? GC.AllocateUninitializedArray<int>((int)length)
            : throw new ArgumentException(Invariant($"A batch of {images} images with {patchesPerImage} patches each is larger than an array can be. Sample fewer images at a time."));
    }
}
