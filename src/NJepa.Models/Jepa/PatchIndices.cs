using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// Which patches of which images to gather: <see cref="Patches"/> indexes a position table <c>[L,E]</c>, <see cref="Rows"/> indexes tokens of a whole batch laid out as <c>[B*L,E]</c>.
/// </summary>
internal sealed class PatchIndices
{
    private readonly long[] _leading;

    /// <param name="patches">Patch indices, row-major over <paramref name="leading"/>.</param>
    /// <param name="leading">The leading dimensions: images first.</param>
    /// <param name="patchesPerImage">L.</param>
    /// <param name="device">Where the tensors go.</param>
    public PatchIndices(ReadOnlySpan<int> patches, long[] leading, int patchesPerImage, Device device)
    {
        _leading = leading;
        var table = new long[patches.Length];
        var rows = new long[patches.Length];
        PerImage = patches.Length / (int)leading[0];
        for (int i = 0; i < patches.Length; i++)
        {
            table[i] = patches[i];
            rows[i] = ((long)(i / PerImage) * patchesPerImage) + patches[i];
        }

        PatchesPerImage = patchesPerImage;
        Patches = DeviceUpload.Send<long>(table, [table.Length], ScalarType.Int64, device);
        Rows = DeviceUpload.Send<long>(rows, [rows.Length], ScalarType.Int64, device);
    }

    private PatchIndices(Tensor patches, Tensor rows, long[] leading, int perImage, int patchesPerImage) =>
        (Patches, Rows, _leading, PerImage, PatchesPerImage) = (patches, rows, leading, perImage, patchesPerImage);

    public long Images => _leading[0];

    /// <summary>Indices per image: K, or M x T.</summary>
    public int PerImage { get; }

    public Tensor Patches { get; }

    public Tensor Rows { get; }

    private int PatchesPerImage { get; }

    /// <summary>The indices of some of the images, as if there were no others.</summary>
    public PatchIndices Slice(long start, long count)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor patches = Patches.narrow(0, start * PerImage, count * PerImage), rows = Rows.narrow(0, start * PerImage, count * PerImage);
        return new PatchIndices(
            patches.MoveToOuterDisposeScope(), rows.Plus(-start * PatchesPerImage).MoveToOuterDisposeScope(), [count, .. _leading[1..]], PerImage, PatchesPerImage);
    }

    public long[] Shape(long width) => [.. _leading, width];
}
