namespace NJepa.Evaluation;

/// <summary>One combination of a learning rate and a weight decay.</summary>
internal readonly record struct GradientSetting(double LearningRate, double WeightDecay);

/// <summary>The choice among scalings, weight decays and learning rates of gradient descent, on the validation split.</summary>
internal sealed class GradientSelection(FeatureSet train, GradientProbeOptions options)
{
    public LinearProbeFit Solve(CancellationToken cancellationToken)
    {
        GradientSetting[] settings = [.. options.WeightDecays.SelectMany(decay => options.LearningRates.Select(rate => new GradientSetting(rate, decay)))];
        var candidates = new List<ProbeCandidate>();
        ProbeCandidate? chosen = null;
        (double[] Weights, double[] Bias) best = ([], []);
        foreach (FeatureScaling scaling in options.Scalings)
        {
            using ProbeData data = ProbeData.Create(train, options, scaling);
            (double[] Weights, double[] Bias)[] layers = new GradientSolver(data, options, scaling).Train(data.FitCount, settings, cancellationToken);
            for (int i = 0; i < settings.Length; i++)
            {
                ProbeCandidate candidate = Judge(data, settings[i], scaling, layers[i]);
                candidates.Add(candidate);
                if (candidate.Converged && (chosen is null || candidate.ValidationAccuracy > chosen.ValidationAccuracy))
                {
                    (chosen, best) = (candidate, layers[i]);
                }
            }
        }

        if (chosen is null)
        {
            throw new EvaluationException(FormattableString.Invariant(
                $"The linear probe diverged with every learning rate ({string.Join(", ", options.LearningRates)}); add smaller ones, or use FeatureScaling.Standardize."));
        }

        if (options.RefitOnAllImages)
        {
            using ProbeData data = ProbeData.Create(train, options, chosen.Scaling);
            best = new GradientSolver(data, options, chosen.Scaling).Train(data.Count, [new(chosen.Setting, chosen.WeightDecay)], cancellationToken)[0];
            if (!best.Weights.All(double.IsFinite) || !best.Bias.All(double.IsFinite))
            {
                throw new EvaluationException(FormattableString.Invariant(
                    $"The linear probe diverged on all images with the learning rate {chosen.Setting}, which was the best on a part of them; give smaller ones, or set RefitOnAllImages to false."));
            }
        }

        var classifier = new LinearClassifier(FeatureScaler.Fit(train, chosen.Scaling), train.ClassNames, best.Weights, best.Bias);
        return new(classifier, "linear probe (SGD)", "learning rate", chosen, candidates);
    }

    private static ProbeCandidate Judge(ProbeData data, GradientSetting setting, FeatureScaling scaling, (double[] Weights, double[] Bias) layer)
    {
        bool finite = layer.Weights.All(double.IsFinite) && layer.Bias.All(double.IsFinite);
        double accuracy = finite ? data.ValidationAccuracy(layer.Weights, layer.Bias) : 0;
        return new(setting.LearningRate, accuracy, finite) { WeightDecay = setting.WeightDecay, Scaling = scaling };
    }
}
