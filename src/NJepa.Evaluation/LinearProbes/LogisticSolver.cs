using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Multinomial logistic regression along a path of strengths, from the strongest, each starting at the solution of the one before.
/// Unknowns are held in double precision; the products over all images run in single precision.
/// </summary>
internal sealed class LogisticSolver(ProbeData data, LogisticProbeOptions options)
{
    private const long ScoresAtOnce = 1 << 23;

    private int WeightCount => data.Classes * data.Width;

    public LinearProbeFit Solve(CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        using PrincipalAxes axes = PrincipalAxes.Of(data.FeaturesND);
        Tensor validationVD = axes.TurnedND.narrow(0, data.FitCount, data.Count - data.FitCount);
        var unknowns = new double[WeightCount + data.Classes];
        var candidates = new List<ProbeCandidate>();
        double[] best = unknowns;
        foreach (double strength in options.Strengths.OrderDescending())
        {
            bool converged = Fit(axes, data.FitCount, strength, unknowns, cancellationToken);
            var candidate = new ProbeCandidate(strength, data.ValidationAccuracy(Scores(validationVD, unknowns)), converged);
            if (candidates.All(other => candidate.ValidationAccuracy > other.ValidationAccuracy))
            {
                best = (double[])unknowns.Clone();
            }

            candidates.Add(candidate);
        }

        ProbeCandidate chosen = candidates.MaxBy(candidate => candidate.ValidationAccuracy)!;
        if (options.RefitOnAllImages)
        {
            Fit(axes, data.Count, chosen.Setting, best, cancellationToken);
        }

        double[] weights = axes.TurnBack(best[..WeightCount], data.Classes);
        return new(new LinearClassifier(data.Scaler, data.ClassNames, weights, best[WeightCount..]), "linear probe", "strength", chosen, candidates);
    }

    private bool Fit(PrincipalAxes axes, int rows, double strength, double[] unknowns, CancellationToken cancellationToken)
    {
        // Half the second moment bounds the Hessian of the cross-entropy from above (Boehning 1992), so a first step of length 1 cannot overshoot.
        var inverseHessian = new double[unknowns.Length];
        for (int i = 0; i < inverseHessian.Length; i++)
        {
            inverseHessian[i] = i < WeightCount ? 1 / ((axes.Variances[i % data.Width] / 2) + strength) : 2;
        }

        return new Lbfgs().Minimize(
            (point, gradient) => Objective(axes.TurnedND, rows, strength, point, gradient),
            unknowns,
            inverseHessian,
            options.MaximumIterations,
            options.GradientTolerance,
            cancellationToken);
    }

    private double Objective(Tensor featuresND, int rows, double strength, double[] point, double[] gradient)
    {
        using DisposeScope all = NewDisposeScope();
        using Scalar minusOne = -1f;
        (Tensor weightsCD, Tensor biasC) = Split(point);
        Array.Clear(gradient);
        double loss = 0;
        int atOnce = (int)Math.Clamp(ScoresAtOnce / data.Classes, 1, rows);
        for (int start = 0; start < rows; start += atOnce)
        {
            using DisposeScope chunk = NewDisposeScope();
            int count = Math.Min(atOnce, rows - start);
            Tensor partND = featuresND.narrow(0, start, count);
            Tensor labelsN1 = data.LabelsN.narrow(0, start, count).unsqueeze(1);
            Tensor logitsNC = nn.functional.linear(partND, weightsCD, biasC);
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

    private Tensor Scores(Tensor featuresND, double[] unknowns)
    {
        (Tensor weightsCD, Tensor biasC) = Split(unknowns);
        return nn.functional.linear(featuresND, weightsCD, biasC);
    }

    private (Tensor WeightsCD, Tensor BiasC) Split(double[] unknowns)
    {
        float[] single = Array.ConvertAll(unknowns, value => (float)value);
        return (AlignedTensor.From(single[..WeightCount], data.Classes, data.Width), AlignedTensor.From(single[WeightCount..], data.Classes));
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
