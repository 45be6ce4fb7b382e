using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Tensors that are neither trained nor averaged and outlive dispose scopes.</summary>
internal static class Constant
{
    /// <summary>The position table of a grid as a tensor <c>[L,E]</c>.</summary>
    public static Tensor Positions(Masking.PatchGrid grid, int width, Device device) => Positions(PositionTable.SinCos(grid, width), grid, device);

    /// <summary>A given position table as a tensor <c>[L,E]</c>.</summary>
    public static Tensor Positions(float[] tableLE, Masking.PatchGrid grid, Device device) =>
        tensor(tableLE, [grid.Count, tableLE.Length / grid.Count], device: device).DetachFromDisposeScope();
}
