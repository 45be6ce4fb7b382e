using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Tensors in memory of the native allocator. A tensor made from an array may keep the array's memory, whose alignment differs from one run to the next,
/// and the native matrix products round differently with it: the same seed would not give the same bits.
/// </summary>
internal static class AlignedTensor
{
    public static Tensor From(float[] values, params long[] shape)
    {
        using Tensor view = tensor(values, shape);
        return view.clone();
    }

    public static Tensor From(double[] values, params long[] shape)
    {
        using Tensor view = tensor(values, shape);
        return view.clone();
    }
}
