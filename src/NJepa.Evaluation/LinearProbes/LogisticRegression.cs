using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Multinomial logistic regression with an L2 penalty on features in their principal axes: the convex problem, without the choice of its strength.
/// Unknowns are weights [C,R] and then biases [C], held in double precision; the products over all images run in single precision.
/// </summary>
/// <param name="featuresND">The features [N,R]; they belong to the caller.</param>
/// <param name="labelsN">The classes [N], int64; they belong to the caller.</param>
/// <param name="classes">C.</param>
/// <param name="variances">The mean square of the features along each axis [R].</param>
internal sealed class LogisticRegression(Tensor featuresND, Tensor labelsN, int classes, double[] variances)
{
    private const long ScoresAtOnce = 1 << 23;

    private int Width => variances.Length;

    private int WeightCount => classes * Width;

    /// <summary>Where a search begins: all zero, which calls all classes equally likely.</summary>
    public double[] Start() => new double[WeightCount + classes];

    /// <summary>The weights among the unknowns [C,R].</summary>
    public double[] Weights(double[] unknowns) => unknowns[..WeightCount];

    /// <summary>The biases among the unknowns [C].</summary>
    public double[] Bias(double[] unknowns) => unknowns[WeightCount..];

    /// <summary>Moves the unknowns to the optimum over the first rows; says whether it was reached.</summary>
    public bool Fit(int rows, double strength, double[] unknowns, LogisticSearch search, CancellationToken cancellationToken)
    {
        // Half the second moment bounds the Hessian of the cross-entropy from above (Boehning 1992), so a first step of length 1 cannot overshoot.
        var inverseHessian = new double[unknowns.Length];
        for (int i = 0; i < inverseHessian.Length; i++)
        {
            inverseHessian[i] = i < WeightCount ? 1 / ((variances[i % Width] / 2) + strength) : 2;
        }

        return new Lbfgs().Minimize(
            (point, gradient) => Objective(rows, strength, point, gradient), unknowns, inverseHessian, search.MaximumIterations, search.GradientTolerance, cancellationToken);
    }

    /// <summary>Scores [N,C] of features in the same axes.</summary>
    public Tensor Scores(Tensor otherND, double[] unknowns)
    {
        (Tensor weightsCR, Tensor biasC) = Split(unknowns);
        return nn.functional.linear(otherND, weightsCR, biasC);
    }

    private double Objective(int rows, double strength, double[] point, double[] gradient)
    {
        using DisposeScope all = NewDisposeScope();
        using Scalar minusOne = -1f;
        (Tensor weightsCR, Tensor biasC) = Split(point);
        Array.Clear(gradient);
        double loss = 0;
        int atOnce = (int)Math.Clamp(ScoresAtOnce / classes, 1, rows);
        for (int start = 0; start < rows; start += atOnce)
        {
            using DisposeScope chunk = NewDisposeScope();
            int count = Math.Min(atOnce, rows - start);
            Tensor partND = featuresND.narrow(0, start, count);
            Tensor labelsN1 = labelsN.narrow(0, start, count).unsqueeze(1);
            Tensor logitsNC = nn.functional.linear(partND, weightsCR, biasC);
            Tensor logNC = nn.functional.log_softmax(logitsNC, 1);
            loss -= logNC.gather(1, labelsN1).sum(ScalarType.Float64).item<double>();
            Tensor errorNC = logNC.exp_().scatter_add_(1, labelsN1, full_like(labelsN1, minusOne, ScalarType.Float32));
            AddTo(gradient.AsSpan(0, WeightCount), nn.functional.linear(errorNC.t(), partND.t()), rows);
            AddTo(gradient.AsSpan(WeightCount), errorNC.sum([0L]), rows);
        }

        loss /= rows;
        for (int i = 0; i < WeightCount; i++)
        {
            loss += strength / 2 * point[i] * point[i];
            gradient[i] += strength * point[i];
        }

        return loss;
    }

    private (Tensor WeightsCR, Tensor BiasC) Split(double[] unknowns)
    {
        float[] single = Array.ConvertAll(unknowns, value => (float)value);
        return (AlignedTensor.From(single[..WeightCount], classes, Width), AlignedTensor.From(single[WeightCount..], classes));
    }

    private static void AddTo(Span<double> target, Tensor addend, int divisor)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(addend.contiguous().bytes);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] += (double)values[i] / divisor;
        }
    }
}

/// <summary>When a search for the optimum ends.</summary>
/// <param name="MaximumIterations">The most iterations.</param>
/// <param name="GradientTolerance">The largest element of a gradient that counts as zero.</param>
internal readonly record struct LogisticSearch(int MaximumIterations, double GradientTolerance);
