using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Features turned into their principal axes, where they are uncorrelated. The L2 penalty does not notice the turn, and the Hessian of a logistic regression becomes
/// nearly diagonal, so that L-BFGS needs tens of iterations instead of hundreds.
/// </summary>
internal sealed class PrincipalAxes : IDisposable
{
    /// <summary>Above this width the eigenvectors cost more than they save.</summary>
    private const int LargestWidth = 1024;

    private readonly Tensor? _axesDD;

    private PrincipalAxes(Tensor turnedND, double[] variances, Tensor? axesDD)
    {
        TurnedND = turnedND;
        Variances = variances;
        _axesDD = axesDD;
    }

    /// <summary>The features in the new axes [N,D].</summary>
    public Tensor TurnedND { get; }

    /// <summary>The mean square of the features along each axis [D].</summary>
    public double[] Variances { get; }

    public static PrincipalAxes Of(Tensor featuresND)
    {
        using DisposeScope scope = NewDisposeScope();
        using Scalar count = featuresND.shape[0];
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

    /// <summary>Weights [C,D] for the turned features, turned back for the original ones.</summary>
    public double[] TurnBack(double[] weightsCD, int classes)
    {
        if (_axesDD is null)
        {
            return weightsCD;
        }

        using DisposeScope scope = NewDisposeScope();
        return Doubles(nn.functional.linear(AlignedTensor.From(weightsCD, classes, weightsCD.Length / classes), _axesDD));
    }

    public void Dispose()
    {
        TurnedND.Dispose();
        _axesDD?.Dispose();
    }

    private static double[] Doubles(Tensor values) => MemoryMarshal.Cast<byte, double>(values.contiguous().bytes).ToArray();
}
