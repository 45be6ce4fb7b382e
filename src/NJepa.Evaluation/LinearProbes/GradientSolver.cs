using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Stochastic gradient descent of a linear layer for several learning rates at once: the layers are stacked into one, so that each batch is gathered and
/// multiplied once. The layers start at zero, as the problem is convex; the gradient of the cross-entropy is written out.
/// </summary>
internal sealed class GradientSolver(ProbeData data, GradientProbeOptions options)
{
    private const double BatchNormalizationEpsilon = 1e-6;
    private const int ReferenceBatch = 256;

    public LinearProbeFit Solve(CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable _ = no_grad();
        double[] rates = [.. options.LearningRates];
        (double[] weights, double[] bias) = Train(data.FitCount, rates, cancellationToken);
        ProbeCandidate[] candidates = [.. rates.Select((rate, r) => Judge(rate, Part(weights, r, rates.Length), Part(bias, r, rates.Length)))];
        ProbeCandidate chosen = candidates.Where(candidate => candidate.Converged).MaxBy(candidate => candidate.ValidationAccuracy)
            ?? throw new EvaluationException(
                FormattableString.Invariant($"The linear probe diverged with every learning rate ({string.Join(", ", rates)}); add smaller ones, or use FeatureScaling.Standardize."));
        int index = Array.IndexOf(rates, chosen.Setting);
        (weights, bias) = options.RefitOnAllImages
            ? Train(data.Count, [chosen.Setting], cancellationToken)
            : (Part(weights, index, rates.Length), Part(bias, index, rates.Length));
        return new(new LinearClassifier(data.Scaler, data.ClassNames, weights, bias), "linear probe (SGD)", "learning rate", chosen, candidates);
    }

    private ProbeCandidate Judge(double rate, double[] weights, double[] bias)
    {
        if (!weights.All(double.IsFinite) || !bias.All(double.IsFinite))
        {
            return new(rate, 0, Converged: false);
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor weightsCD = AlignedTensor.From(weights, data.Classes, data.Width).to(ScalarType.Float32);
        Tensor validationVD = data.FeaturesND.narrow(0, data.FitCount, data.Count - data.FitCount);
        Tensor scoresVC = nn.functional.linear(validationVD, weightsCD, tensor(bias).to(ScalarType.Float32));
        return new(rate, data.ValidationAccuracy(scoresVC), Converged: true);
    }

    private (double[] Weights, double[] Bias) Train(int rows, double[] rates, CancellationToken cancellationToken)
    {
        using DisposeScope all = NewDisposeScope();
        int batch = Math.Min(options.BatchSize, rows);
        int stepsPerEpoch = (rows + batch - 1) / batch;
        int outputs = rates.Length * data.Classes;
        var state = new State(
            zeros(outputs, data.Width), zeros(outputs), zeros(outputs, data.Width), zeros(outputs), PeakRates(rates, batch));
        long[] order = [.. Enumerable.Range(0, rows).Select(row => (long)row)];
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            CounterRandom.Create(options.Seed, RandomPurpose.Evaluation, epoch, index: 1).Shuffle(order.AsSpan());
            for (int step = 0; step < stepsPerEpoch; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double progress = ((epoch * (double)stepsPerEpoch) + step) / (options.Epochs * (double)stepsPerEpoch);
                int start = step * batch;
                Step(state, order.AsSpan(start, Math.Min(batch, rows - start)).ToArray(), (1 + Math.Cos(Math.PI * progress)) / 2);
            }
        }

        return (Doubles(state.WeightsRD), Doubles(state.BiasR));
    }

    private void Step(State state, long[] rows, double cosine)
    {
        using DisposeScope scope = NewDisposeScope();
        using Scalar count = (double)rows.Length;
        using Scalar momentum = options.Momentum;
        using Scalar decay = options.WeightDecay;
        using Scalar annealing = cosine;
        Tensor indicesB = tensor(rows);
        Tensor featuresBD = Normalize(data.FeaturesND.index_select(0, indicesB));
        Tensor targetsB1C = nn.functional.one_hot(data.LabelsN.index_select(0, indicesB), data.Classes).to(ScalarType.Float32).unsqueeze(1);
        Tensor logitsBRC = nn.functional.linear(featuresBD, state.WeightsRD, state.BiasR).view(rows.Length, -1, data.Classes);
        Tensor errorBR = nn.functional.softmax(logitsBRC, -1).sub_(targetsB1C).div_(count).view(rows.Length, -1);
        Tensor gradientRD = nn.functional.linear(errorBR.t(), featuresBD.t());
        if (options.WeightDecay > 0)
        {
            gradientRD.add_(state.WeightsRD, decay);
        }

        Tensor ratesR1 = state.RatesR1.mul(annealing);
        state.WeightMomentumRD.mul_(momentum).AddInPlace(gradientRD);
        state.BiasMomentumR.mul_(momentum).AddInPlace(errorBR.sum([0L]));
        state.WeightsRD.sub_(state.WeightMomentumRD.mul(ratesR1));
        state.BiasR.sub_(state.BiasMomentumR.mul(ratesR1.squeeze(1)));
    }

    private Tensor Normalize(Tensor featuresBD)
    {
        if (options.Scaling != FeatureScaling.BatchNormalize)
        {
            return featuresBD;
        }

        Tensor centredBD = featuresBD.sub(featuresBD.mean([0], true));
        return centredBD.div_(centredBD.Squared().mean([0], true).Plus(BatchNormalizationEpsilon).sqrt_());
    }

    private Tensor PeakRates(double[] rates, int batch)
    {
        float[] perOutput = [.. rates.SelectMany(rate => Enumerable.Repeat((float)(rate * batch / ReferenceBatch), data.Classes))];
        return AlignedTensor.From(perOutput, perOutput.Length, 1);
    }

    private static double[] Part(double[] values, int index, int parts) => values.AsSpan(values.Length / parts * index, values.Length / parts).ToArray();

    private static double[] Doubles(Tensor values) => MemoryMarshal.Cast<byte, double>(values.to(ScalarType.Float64).contiguous().bytes).ToArray();

    private sealed record State(Tensor WeightsRD, Tensor BiasR, Tensor WeightMomentumRD, Tensor BiasMomentumR, Tensor RatesR1);
}
