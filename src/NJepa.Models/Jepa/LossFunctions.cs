using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Models;

/// <summary>The losses of method and regularisers. Means are over all elements.</summary>
internal static class LossFunctions
{
    private const double VarianceEpsilon = 1e-4;

    public static Tensor SmoothL1(Tensor predictions, Tensor targets) => functional.smooth_l1_loss(predictions, targets, reduction: Reduction.Mean, beta: 1.0);

    public static Tensor SquaredError(Tensor predictions, Tensor targets) => functional.mse_loss(predictions, targets, reduction: Reduction.Mean);

    /// <summary><c>mean(relu(1 - std_d))</c> of pooled features <c>[B,D]</c>, std with B - 1 and eps 1e-4 under the root.</summary>
    public static Tensor Variance(Tensor centredBD)
    {
        using Scalar epsilon = VarianceEpsilon, one = 1.0;
        Tensor variance = Scale(centredBD.square().sum([0L]), 1.0 / (centredBD.size(0) - 1));
        return functional.relu(variance.add(epsilon).sqrt().neg().add(one)).mean();
    }

    /// <summary>Sum of squared off-diagonal covariances over D, of pooled features <c>[B,D]</c>.</summary>
    public static Tensor Covariance(Tensor centredBD)
    {
        Tensor covarianceDD = Scale(einsum("bi,bj->ij", centredBD, centredBD), 1.0 / (centredBD.size(0) - 1));
        return Scale(covarianceDD.square().sum() - covarianceDD.diagonal(0, 0, 1).square().sum(), 1.0 / centredBD.size(1));
    }

    /// <summary>A tensor times a number. The number is held until the native call is over: an implicit Scalar may be finalised during it.</summary>
    public static Tensor Scale(Tensor tensor, double factor)
    {
        using Scalar scalar = factor;
        return tensor.mul(scalar);
    }
}
