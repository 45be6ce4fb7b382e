using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Images as rows of patches. A stride-p convolution with a p x p kernel is a linear layer on these rows.</summary>
internal static class Patches
{
    /// <summary><c>[B,C,H,W]</c> to <c>[B*L, C*p*p]</c>, patches row-major, channels in the convolution's order.</summary>
    public static Tensor FromImages(Tensor imagesBCHW, int patchSize)
    {
        long[] shape = imagesBCHW.shape;
        (long rows, long columns) = (shape[2] / patchSize, shape[3] / patchSize);
        return imagesBCHW
            .reshape(shape[0], shape[1], rows, patchSize, columns, patchSize)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(shape[0] * rows * columns, shape[1] * patchSize * patchSize);
    }
}
