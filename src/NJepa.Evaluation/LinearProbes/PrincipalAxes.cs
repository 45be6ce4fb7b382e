using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Features turned into their principal axes, where they are uncorrelated. The L2 penalty does not notice the turn, and the Hessian of a logistic regression becomes
/// nearly diagonal, so that L-BFGS needs tens of iterations instead of hundreds. Of fewer images than features only the axes in which the images differ from zero are kept:
/// a penalised optimum has no weight in any other direction.
/// </summary>
internal sealed class PrincipalAxes : IDisposable
{
    /// <summary>Above this size the eigenvectors cost more than they save.</summary>
    private const int LargestWidth = 1024;

    /// <summary>Directions whose mean square is below this part of the largest are rounding of single-precision features.</summary>
    private const double RoundingFraction = 1e-12;

    private readonly Tensor? _axesDR;

    private PrincipalAxes(Tensor turnedNR, double[] variances, Tensor? axesDR)
    {
        TurnedND = turnedNR;
        Variances = variances;
        _axesDR = axesDR;
    }

    /// <summary>The features in the new axes [N,R]; R is D, or fewer where there are fewer images.</summary>
    public Tensor TurnedND { get; }

    /// <summary>The mean square of the features along each axis [R].</summary>
    public double[] Variances { get; }

    public static PrincipalAxes Of(Tensor featuresND)
    {
        using DisposeScope scope = NewDisposeScope();
        using Scalar count = featuresND.shape[0];
        if (featuresND.shape[0] < featuresND.shape[1] && featuresND.shape[0] <= LargestWidth && OfFewRows(featuresND, count) is { } few)
        {
            return few;
        }

        if (featuresND.shape[1] > LargestWidth)
        {
            Tensor squaresD = featuresND.Squared().sum([0L]).div(count).to(ScalarType.Float64);
            return new(featuresND.alias().DetachFromDisposeScope(), Doubles(squaresD), null);
        }

        Tensor transposedDN = featuresND.t();
        Tensor momentDD = nn.functional.linear(transposedDN, transposedDN).to(ScalarType.Float64).div(count);
        (Tensor variancesD, Tensor axesDD) = linalg.eigh(momentDD);
        Tensor turnedND = nn.functional.linear(featuresND, axesDD.t().to(ScalarType.Float32));
        return new(turnedND.DetachFromDisposeScope(), Array.ConvertAll(Doubles(variancesD), v => Math.Max(0, v)), axesDD.DetachFromDisposeScope());
    }

    /// <summary>Weights [C,R] for the turned features, turned back for the original ones [C,D].</summary>
    public double[] TurnBack(double[] weightsCR, int classes)
    {
        if (_axesDR is null)
        {
            return weightsCR;
        }

        using DisposeScope scope = NewDisposeScope();
        return Doubles(nn.functional.linear(AlignedTensor.From(weightsCR, classes, weightsCR.Length / classes), _axesDR));
    }

    public void Dispose()
    {
        TurnedND.Dispose();
        _axesDR?.Dispose();
    }

    /// <summary>By the products of the images with each other [N,N], which are fewer than those of the features; null when all features are 0.</summary>
    private static PrincipalAxes? OfFewRows(Tensor featuresND, Scalar count)
    {
        Tensor exactND = featuresND.to(ScalarType.Float64);
        (Tensor squaresN, Tensor vectorsNN) = linalg.eigh(nn.functional.linear(exactND, exactND));
        double[] squares = Doubles(squaresN);
        int kept = squares.Count(square => square > RoundingFraction * squares[^1]);
        if (!(squares[^1] > 0))
        {
            return null;
        }

        // In ascending order: the last ones are kept.
        int first = squares.Length - kept;
        Tensor lengthsR = squaresN.narrow(0, first, kept).sqrt();
        Tensor vectorsNR = vectorsNN.narrow(1, first, kept);
        Tensor turnedNR = vectorsNR.mul(lengthsR).to(ScalarType.Float32);
        Tensor axesDR = nn.functional.linear(exactND.t(), vectorsNR.t()).div_(lengthsR);
        Tensor variancesR = squaresN.narrow(0, first, kept).div(count);
        return new(turnedNR.contiguous().DetachFromDisposeScope(), Doubles(variancesR), axesDR.DetachFromDisposeScope());
    }

    private static double[] Doubles(Tensor values) => MemoryMarshal.Cast<byte, double>(values.contiguous().bytes).ToArray();
}
