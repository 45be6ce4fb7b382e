namespace NJepa.Evaluation;

/// <summary>
/// How well a linear classifier on frozen features does: the standard measure of what an encoder has learned. Settings are chosen
/// on a split of the training set; no test label influences any choice.
/// </summary>
public static class LinearProbe
{
    /// <summary>Trains on one set and tests on another.</summary>
    /// <param name="train">The labelled training features [N,D]; at least two classes and two images of each.</param>
    /// <param name="test">The labelled test features [Q,D] of the same classes; classes are matched by name.</param>
    /// <param name="options">How to train; null for <see cref="LinearProbeOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>The accuracy on the test set and the choice of the setting.</returns>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <exception cref="EvaluationException">
    /// A set is unlabelled, the training set has one class or a class with one image, the classes or widths differ, or every setting diverged.
    /// </exception>
    public static LinearProbeResult Evaluate(
        FeatureSet train, FeatureSet test, LinearProbeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        CheckTraining(train);
        int[] testLabels = ClassChecks.MapTestLabels(train, test);
        LinearProbeFit fit = Fit(train, options, cancellationToken);
        ClassificationResult onTest = ClassificationResult.FromPredictions(fit.Method, train.ClassNames, testLabels, fit.Classifier.Predict(test));
        ClassificationResult onTrain = ClassificationResult.FromPredictions(fit.Method, train.ClassNames, train.Labels, fit.Classifier.Predict(train));
        return new(onTest, onTrain.Accuracy, fit.SettingName, fit.Chosen, fit.Candidates);
    }

    /// <summary>Trains a linear classifier.</summary>
    /// <param name="train">The labelled training features [N,D]; at least two classes and two images of each.</param>
    /// <param name="options">How to train; null for <see cref="LinearProbeOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>The classifier and the choice of its setting.</returns>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <exception cref="EvaluationException">The set is unlabelled, has one class or a class with one image, or every setting diverged.</exception>
    public static LinearProbeFit Fit(FeatureSet train, LinearProbeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        options ??= LinearProbeOptions.Default;
        options.Validate();
        CheckTraining(train);
        switch (options)
        {
            case LogisticProbeOptions logistic:
                using (ProbeData data = ProbeData.Create(train, logistic, logistic.Scaling))
                {
                    return new LogisticSolver(data, logistic).Solve(cancellationToken);
                }

            case GradientProbeOptions gradient:
                return new GradientSelection(train, gradient).Solve(cancellationToken);
            default:
                throw new ArgumentException($"{options.GetType().Name} is unknown; use {nameof(LogisticProbeOptions)} or {nameof(GradientProbeOptions)}.", nameof(options));
        }
    }

    // Two: one to train on and one for the validation split.
    private static void CheckTraining(FeatureSet train) => ClassChecks.RequireClasses(train, "training set", minimumPerClass: 2);
}
