using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Logistic regression on one draw of labels, its strength chosen by cross-validation inside the draw.</summary>
internal sealed class LowShotSolver(FeatureSet train, FeatureScaler scaler, LowShotOptions options)
{
    private readonly LogisticSearch _search = new(options.MaximumIterations, options.GradientTolerance);
    private readonly double[] _strengths = [.. options.Strengths.OrderDescending()];

    private int Classes => train.ClassNames.Count;

    public LowShotFit Solve(LabelDraw draw, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        float[] scaled = scaler.Apply(train, draw.Rows);
        ProbeData.RequireComputable(scaled);
        int[] labels = Array.ConvertAll(draw.Rows, row => train.Labels[row]);

        // A turn changes nothing of the problem, so that one serves all folds.
        using PrincipalAxes axes = PrincipalAxes.Of(AlignedTensor.From(scaled, draw.Rows.Length, train.Width));
        (double strength, double? accuracy) = Choose(axes, labels, draw.Folds, cancellationToken);
        using Tensor labelsN = Int64(labels);
        var regression = new LogisticRegression(axes.TurnedND, labelsN, Classes, axes.Variances);
        double[] unknowns = regression.Start();
        bool converged = false;
        foreach (double step in _strengths.Where(s => s > strength).Append(strength))
        {
            converged = regression.Fit(labels.Length, step, unknowns, _search, cancellationToken);
        }

        var classifier = new LinearClassifier(scaler, train.ClassNames, axes.TurnBack(regression.Weights(unknowns), Classes), regression.Bias(unknowns));
        return new(classifier, strength, accuracy, converged);
    }

    private (double Strength, double? Accuracy) Choose(PrincipalAxes axes, int[] labels, int[] folds, CancellationToken cancellationToken)
    {
        int heldOut = folds.Count(fold => fold != LabelDraw.NeverHeldOut);
        if (heldOut == 0)
        {
            return (options.StrengthWithoutValidation, null);
        }

        var correct = new int[_strengths.Length];
        foreach (int fold in folds.Where(fold => fold != LabelDraw.NeverHeldOut).Distinct().Order())
        {
            using DisposeScope scope = NewDisposeScope();
            int[] fitted = [.. Enumerable.Range(0, labels.Length).Where(i => folds[i] != fold)];
            int[] held = [.. Enumerable.Range(0, labels.Length).Where(i => folds[i] == fold)];
            int[] heldLabels = Array.ConvertAll(held, i => labels[i]);
            Tensor fittedND = axes.TurnedND.index_select(0, Int64(fitted));
            Tensor heldVD = axes.TurnedND.index_select(0, Int64(held));
            var regression = new LogisticRegression(fittedND, Int64(Array.ConvertAll(fitted, i => labels[i])), Classes, axes.Variances);
            double[] unknowns = regression.Start();
            for (int s = 0; s < _strengths.Length; s++)
            {
                regression.Fit(fitted.Length, _strengths[s], unknowns, _search, cancellationToken);
                correct[s] += ProbeData.CountCorrect(regression.Scores(heldVD, unknowns), heldLabels);
            }
        }

        int best = Array.IndexOf(correct, correct.Max());
        return (_strengths[best], (double)correct[best] / heldOut);
    }

    private static Tensor Int64(int[] values) => tensor(Array.ConvertAll(values, value => (long)value));
}

/// <summary>What <see cref="LowShotSolver"/> found on one draw.</summary>
internal sealed record LowShotFit(LinearClassifier Classifier, double Strength, double? CrossValidatedAccuracy, bool Converged);
