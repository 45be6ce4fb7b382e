using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Logistic regression along a path of strengths, from the strongest, each starting at the solution of the one before.</summary>
internal sealed class LogisticSolver(ProbeData data, LogisticProbeOptions options)
{
    public LinearProbeFit Solve(CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        using PrincipalAxes axes = PrincipalAxes.Of(data.FeaturesND);
        var regression = new LogisticRegression(axes.TurnedND, data.LabelsN, data.Classes, axes.Variances);
        var search = new LogisticSearch(options.MaximumIterations, options.GradientTolerance);
        Tensor validationVD = axes.TurnedND.narrow(0, data.FitCount, data.Count - data.FitCount);
        double[] unknowns = regression.Start();
        var candidates = new List<ProbeCandidate>();
        double[] best = unknowns;
        foreach (double strength in options.Strengths.OrderDescending())
        {
            bool converged = regression.Fit(data.FitCount, strength, unknowns, search, cancellationToken);
            var candidate = new ProbeCandidate(strength, data.ValidationAccuracy(regression.Scores(validationVD, unknowns)), converged) { Scaling = options.Scaling };
            if (candidates.All(other => candidate.ValidationAccuracy > other.ValidationAccuracy))
            {
                best = (double[])unknowns.Clone();
            }

            candidates.Add(candidate);
        }

        ProbeCandidate chosen = candidates.MaxBy(candidate => candidate.ValidationAccuracy)!;
        if (options.RefitOnAllImages)
        {
            regression.Fit(data.Count, chosen.Setting, best, search, cancellationToken);
        }

        double[] weights = axes.TurnBack(regression.Weights(best), data.Classes);
        return new(new LinearClassifier(data.Scaler, data.ClassNames, weights, regression.Bias(best)), "linear probe", "strength", chosen, candidates);
    }
}
