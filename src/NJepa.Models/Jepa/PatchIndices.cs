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
        int perImage = patches.Length / (int)leading[0];
        for (int i = 0; i < patches.Length; i++)
        {
            table[i] = patches[i];
            rows[i] = ((long)(i / perImage) * patchesPerImage) + patches[i];
        }

        Patches = tensor(table, device: device);
        Rows = tensor(rows, device: device);
    }

    public long Images => _leading[0];

    public Tensor Patches { get; }

    public Tensor Rows { get; }

    public long[] Shape(long width) => [.. _leading, width];
}
