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
        Tensor variance = centredBD.Squared().sum([0L]).DividedBy(centredBD.size(0) - 1);
        return functional.relu(variance.Plus(VarianceEpsilon).sqrt().neg().Plus(1.0)).mean();
    }

    /// <summary>Sum of squared off-diagonal covariances over D, of pooled features <c>[B,D]</c>.</summary>
    public static Tensor Covariance(Tensor centredBD)
    {
        Tensor covarianceDD = einsum("bi,bj->ij", centredBD, centredBD).DividedBy(centredBD.size(0) - 1);
        Tensor offDiagonal = covarianceDD.Squared().sum() - covarianceDD.diagonal(0, 0, 1).Squared().sum();
        return offDiagonal.DividedBy(centredBD.size(1));
    }
}
