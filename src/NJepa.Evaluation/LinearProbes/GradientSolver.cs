using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// Stochastic gradient descent of a linear layer for several settings at once: the S layers are stacked into one of R = S * C outputs, so that each batch is gathered and
/// multiplied once. The layers start at zero, as the problem is convex; the gradient of the cross-entropy is written out.
/// </summary>
internal sealed class GradientSolver(ProbeData data, GradientProbeOptions options, FeatureScaling scaling)
{
    private const double BatchNormalizationEpsilon = 1e-6;
    private const int ReferenceBatch = 256;

    /// <summary>Trains on the first rows; gives weights [C,D] and bias [C] for each setting.</summary>
    public (double[] Weights, double[] Bias)[] Train(int rows, GradientSetting[] settings, CancellationToken cancellationToken)
    {
        using DisposeScope all = NewDisposeScope();
        using IDisposable _ = no_grad();
        int batch = Math.Min(options.BatchSize, rows);
        int stepsPerEpoch = (rows + batch - 1) / batch;
        int outputs = settings.Length * data.Classes;
        var state = new State(
            zeros(outputs, data.Width), zeros(outputs), zeros(outputs, data.Width), zeros(outputs),
            PerOutput(settings, setting => setting.LearningRate * batch / ReferenceBatch),
            settings.Any(setting => setting.WeightDecay > 0) ? PerOutput(settings, setting => setting.WeightDecay) : null,
            AlignedTensor.From([-1f], 1, 1, 1));
        long[] order = [.. Enumerable.Range(0, rows).Select(row => (long)row)];
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            CounterRandom.Create(options.Seed, RandomPurpose.Evaluation, epoch, index: 1).Shuffle(order.AsSpan());
            for (int step = 0; step < stepsPerEpoch; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int start = step * batch;
                Step(state, order.AsSpan(start, Math.Min(batch, rows - start)).ToArray(), options.Decay(epoch, step / (double)stepsPerEpoch));
            }
        }

        (double[] weights, double[] bias) = (Doubles(state.WeightsRD), Doubles(state.BiasR));
        return [.. Enumerable.Range(0, settings.Length).Select(s => (Part(weights, s, settings.Length), Part(bias, s, settings.Length)))];
    }

    private void Step(State state, long[] rows, double decay)
    {
        using DisposeScope scope = NewDisposeScope();
        long settings = state.RatesR1.shape[0] / data.Classes;
        using Scalar count = (double)rows.Length;
        using Scalar momentum = options.Momentum;
        using Scalar annealing = decay;
        Tensor indicesB = tensor(rows);
        Tensor featuresBD = Normalize(data.FeaturesND.index_select(0, indicesB));
        // Softmax less one-hot labels, the latter without being written out: each label's place, in each of the S layers, loses 1.
        Tensor placesBS1 = data.LabelsN.index_select(0, indicesB).view(-1, 1, 1).expand(rows.Length, settings, 1);
        Tensor logitsBSC = nn.functional.linear(featuresBD, state.WeightsRD, state.BiasR).view(rows.Length, settings, data.Classes);
        Tensor errorBR = nn.functional.softmax(logitsBSC, -1).scatter_add_(2, placesBS1, state.MinusOne.expand(rows.Length, settings, 1)).view(rows.Length, -1);
        Tensor gradientRD = nn.functional.linear(errorBR.t(), featuresBD.t()).div_(count);
        if (state.DecaysR1 is { } decaysR1)
        {
            gradientRD.AddInPlace(state.WeightsRD.mul(decaysR1));
        }

        Tensor ratesR1 = state.RatesR1.mul(annealing);
        state.WeightMomentumRD.mul_(momentum).AddInPlace(gradientRD);
        state.BiasMomentumR.mul_(momentum).AddInPlace(errorBR.sum([0L]).div_(count));
        state.WeightsRD.sub_(state.WeightMomentumRD.mul(ratesR1));
        state.BiasR.sub_(state.BiasMomentumR.mul(ratesR1.squeeze(1)));
    }

    private Tensor Normalize(Tensor featuresBD)
    {
        if (scaling != FeatureScaling.BatchNormalize)
        {
            return featuresBD;
        }

        Tensor centredBD = featuresBD.sub(featuresBD.mean([0], true));
        return centredBD.div_(centredBD.Squared().mean([0], true).Plus(BatchNormalizationEpsilon).sqrt_());
    }

    private Tensor PerOutput(GradientSetting[] settings, Func<GradientSetting, double> value)
    {
        float[] perOutput = [.. settings.SelectMany(setting => Enumerable.Repeat((float)value(setting), data.Classes))];
        return AlignedTensor.From(perOutput, perOutput.Length, 1);
    }

    private static double[] Part(double[] values, int index, int parts) => values.AsSpan(values.Length / parts * index, values.Length / parts).ToArray();

    private static double[] Doubles(Tensor values) => MemoryMarshal.Cast<byte, double>(values.to(ScalarType.Float64).contiguous().bytes).ToArray();

    private sealed record State(Tensor WeightsRD, Tensor BiasR, Tensor WeightMomentumRD, Tensor BiasMomentumR, Tensor RatesR1, Tensor? DecaysR1, Tensor MinusOne);
}
