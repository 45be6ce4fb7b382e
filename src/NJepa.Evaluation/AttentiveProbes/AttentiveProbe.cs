namespace NJepa.Evaluation;

/// <summary>
/// How well a small attention layer on frozen patch features does: a learned query looks at the patches, and a linear classifier at what it gathers. A linear probe sees the mean over the patches
/// only; this one finds what stands in a few of them. Settings are chosen on a split of the training set; no test label influences any choice.
/// </summary>
/// <remarks>
/// <para>It is the attentive probe of V-JEPA (arXiv 2404.08471, "attentive probing") without its MLP. What is here: one learned query, multi-head cross-attention with keys and values from linear layers,
/// an output projection, the residual sum with the query, LayerNorm, and a linear classifier. What is not: the two-layer MLP between attention and classifier; a linear layer on the query, which is learned
/// anyway; biases of the keys, which cancel in the softmax; an affine LayerNorm, which the classifier contains.</para>
/// <para>As the query is the same for all images, keys and values are never computed per patch: the query goes through the keys' matrix once, and the values' matrix is applied to what was gathered. Same function,
/// a fraction of the work.</para>
/// </remarks>
public static class AttentiveProbe
{
    /// <summary>Trains on one set and tests on another.</summary>
    /// <param name="train">The labelled training features [N,L,D]; at least two classes and two images of each.</param>
    /// <param name="test">The labelled test features [Q,L,D] of the same classes; classes are matched by name.</param>
    /// <param name="options">How to train; null for <see cref="AttentiveProbeOptions.Default"/>.</param>
    /// <param name="progress">Receives the part of the training that is done, from 0 to 1, after each epoch; null for none.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>The accuracy on the test set and the choice of the learning rate.</returns>
    /// <exception cref="ArgumentException">The options are not valid, or the heads do not divide the channels.</exception>
    /// <exception cref="EvaluationException">
    /// A set is unlabelled, the training set has one class or a class with one image, the classes, channels or patches differ, memory ran out, or every learning rate diverged.
    /// </exception>
    /// <exception cref="Models.NativeRuntimeException">The native libraries cannot be loaded, or there is no such device.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AttentiveProbeResult Evaluate(
        PatchFeatureSet train,
        PatchFeatureSet test,
        AttentiveProbeOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        CheckTraining(train);
        ClassChecks.RequireLabels(test, "test set");
        if ((train.Width, train.Patches) != (test.Width, test.Patches))
        {
            throw new EvaluationException(
                $"The training set has {train.Patches} patches x {train.Width} channels per image and the test set {test.Patches} x {test.Width}; both must come from the same encoder with the same settings.");
        }

        int[] testLabels = ClassChecks.MapLabels(train.ClassNames, test);
        AttentiveProbeFit fit = Fit(train, options, progress, cancellationToken);
        ClassificationResult onTest = ClassificationResult.FromPredictions(fit.Method, train.ClassNames, testLabels, fit.Classifier.Predict(test, cancellationToken));
        ClassificationResult onTrain = ClassificationResult.FromPredictions(fit.Method, train.ClassNames, train.Labels, fit.Classifier.Predict(train, cancellationToken));
        return new(onTest, onTrain.Accuracy, fit.Chosen, fit.Candidates);
    }

    /// <summary>Trains an attentive classifier.</summary>
    /// <param name="train">The labelled training features [N,L,D]; at least two classes and two images of each.</param>
    /// <param name="options">How to train; null for <see cref="AttentiveProbeOptions.Default"/>.</param>
    /// <param name="progress">Receives the part of the training that is done, from 0 to 1, after each epoch; null for none.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>The classifier and the choice of its learning rate.</returns>
    /// <exception cref="ArgumentException">The options are not valid, or the heads do not divide the channels.</exception>
    /// <exception cref="EvaluationException">The set is unlabelled, has one class or a class with one image, memory ran out, or every learning rate diverged.</exception>
    /// <exception cref="Models.NativeRuntimeException">The native libraries cannot be loaded, or there is no such device.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AttentiveProbeFit Fit(
        PatchFeatureSet train, AttentiveProbeOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        options ??= AttentiveProbeOptions.Default;
        options.Validate();
        CheckTraining(train);
        return new AttentiveSolver(train, options, progress).Solve(cancellationToken);
    }

    // Two: one to train on and one for the validation split.
    private static void CheckTraining(PatchFeatureSet train) => ClassChecks.RequireClasses(train, "training set", minimumPerClass: 2);
}
