namespace NJepa.Evaluation;

/// <summary>
/// How far few labels go: logistic regression on a small draw of the training labels, tested on the whole test set, several times with other labels. The encoder stays frozen and the
/// classifier is the convex one of <see cref="LogisticProbeOptions"/>. Its strength is chosen for each draw by cross-validation inside the drawn labels; neither other labels nor the
/// test set influence it.
/// </summary>
/// <remarks>
/// Which features are used is decided where they are made: the N-JEPA paper reports the last layer and the last four, concatenated
/// (<see cref="FeatureExtractionOptions.LastLayers"/> = 1 or 4). That they are classified by logistic regression is our choice. The low-shot protocol of
/// I-JEPA's appendix A.2 is of another kind: there the whole encoder is fine-tuned on the drawn images.
/// </remarks>
public static class LowShot
{
    private const int NamesShown = 10;

    /// <summary>Trains on draws of few labels and tests each on the test set.</summary>
    /// <param name="train">The labelled training features [N,D] to draw from; every class has at least one image.</param>
    /// <param name="test">The labelled test features [Q,D] of the same classes; classes are matched by name.</param>
    /// <param name="options">Budgets and draws; null for <see cref="LowShotOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <returns>Mean, deviation and interval for each budget, and every draw.</returns>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <exception cref="EvaluationException">
    /// A set is unlabelled, the training set has one class or a class without images, a class has fewer images than a budget asks for, the classes or widths differ, or unscaled features are too large.
    /// </exception>
    public static LowShotResult Evaluate(
        FeatureSet train, FeatureSet test, LowShotOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        options ??= LowShotOptions.Default;
        options.Validate();
        ClassChecks.RequireClasses(train, "training set", minimumPerClass: 1);
        foreach (LabelBudget budget in options.Budgets)
        {
            RequireImages(train, budget);
        }

        int[] testLabels = ClassChecks.MapTestLabels(train, test);
        var solver = new LowShotSolver(train, FeatureScaler.Fit(train, options.Scaling), options);
        return new(
            train.ClassNames.Count,
            [
                .. options.Budgets.Select(budget => new LowShotBudgetResult(
                    budget, [.. Enumerable.Range(0, options.Draws).Select(draw => EvaluateDraw(LabelDraw.Of(train, budget, options.Folds, options.Seed, draw), budget))])),
            ]);

        LowShotDraw EvaluateDraw(LabelDraw draw, LabelBudget budget)
        {
            LowShotFit fit = solver.Solve(draw, cancellationToken);
            ClassificationResult result = ClassificationResult.FromPredictions($"low-shot, {budget}", train.ClassNames, testLabels, fit.Classifier.Predict(test));
            return new(draw.Rows.Length, fit.Strength, fit.CrossValidatedAccuracy, fit.Converged, result.Correct, result.Count) { Classification = result, LabelledRows = draw.Rows };
        }
    }

    private static void RequireImages(FeatureSet train, LabelBudget budget)
    {
        string[] small =
        [
            .. train.ClassNames.Zip(train.ClassCounts).Where(one => budget.Of(one.Second) > one.Second).Select(one => $"'{one.First}' ({one.Second})"),
        ];
        if (small.Length > 0)
        {
            throw new EvaluationException(
                $"The budget '{budget}' asks for more images than there are of {string.Join(", ", small.Take(NamesShown))}{(small.Length > NamesShown ? $" and {small.Length - NamesShown} more" : "")}. "
                + $"Ask for at most {train.ClassCounts.Min()} per class or for a share of the labels, add images to these classes, or leave the classes out.");
        }
    }
}
