using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation.Tests;

/// <summary>The network of the attentive probe against cross-attention that is written out patch by patch, and its gradients against finite differences, both in double precision.</summary>
public sealed class AttentiveNetworkTests : TensorTest
{
    private const int Probes = 2, Heads = 2, Width = 6, Classes = 3, Images = 4, Patches = 5;

    [Fact]
    public void Scores_are_those_of_plain_cross_attention()
    {
        using AttentiveNetwork network = Random(seed: 1);
        double[] features = Numbers(Images * Patches * Width, seed: 2);
        using DisposeScope scope = NewDisposeScope();
        double[] scores = network.Forward(tensor(features, Images, Patches, Width)).data<double>().ToArray();

        for (int r = 0; r < Probes; r++)
        {
            for (int b = 0; b < Images; b++)
            {
                double[] expected = Oracle(network, r, features.AsSpan(b * Patches * Width, Patches * Width).ToArray());
                scores.AsSpan(((r * Images) + b) * Classes, Classes).ToArray().Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-10);
            }
        }
    }

    [Fact]
    public void Gradients_are_those_of_finite_differences()
    {
        using AttentiveNetwork network = Random(seed: 1);
        using DisposeScope scope = NewDisposeScope();
        Tensor features = tensor(Numbers(Images * Patches * Width, seed: 2), Images, Patches, Width), labels = tensor(new long[] { 0, 1, 2, 0, 0, 1, 2, 0 });
        IList<Tensor> gradients = autograd.grad([AttentiveSolver.Loss(network.Forward(features), labels)], network.Parameters);
        const double step = 1e-5;

        foreach ((Tensor parameter, Tensor gradient) in network.Parameters.Zip(gradients))
        {
            double[] expected = gradient.contiguous().data<double>().ToArray();
            for (int i = 0; i < expected.Length; i++)
            {
                double measured = (Loss(parameter, i, step) - Loss(parameter, i, -step)) / (2 * step);
                measured.Should().BeApproximately(expected[i], 1e-8 + (1e-6 * Math.Abs(expected[i])));
            }
        }

        double Loss(Tensor parameter, int index, double change)
        {
            using IDisposable noGradient = no_grad();
            using DisposeScope each = NewDisposeScope();
            using var values = parameter.view(-1).data<double>();
            double kept = values[index];
            values[index] = kept + change;
            double loss = AttentiveSolver.Loss(network.Forward(features), labels).item<double>();
            values[index] = kept;
            return loss;
        }
    }

    [Fact]
    public void A_step_is_that_of_AdamW_with_each_probes_own_rate()
    {
        using AttentiveNetwork network = Random(seed: 1);
        var options = new AttentiveProbeOptions { WeightDecay = 0.1 };
        double[] rates = [0.01, 0.5];
        using var optimizer = new AttentiveOptimizer(network, rates, options);
        using DisposeScope scope = NewDisposeScope();
        double[][] values = [.. network.Parameters.Select(parameter => parameter.data<double>().ToArray())];
        double[][] first = [.. values.Select(v => new double[v.Length])], second = [.. values.Select(v => new double[v.Length])];

        for (int step = 1; step <= 3; step++)
        {
            double factor = 1.0 / step;
            Tensor[] gradients = [.. network.Parameters.Select((parameter, p) => tensor(Numbers((int)parameter.numel(), seed: (10 * step) + p), parameter.shape))];
            optimizer.Step(gradients, factor);
            for (int p = 0; p < values.Length; p++)
            {
                double[] g = gradients[p].data<double>().ToArray();
                for (int i = 0; i < g.Length; i++)
                {
                    double rate = factor * rates[i / (g.Length / Probes)], decay = p is 1 or 2 or 4 or 6 ? 0.1 : 0;
                    first[p][i] = (0.9 * first[p][i]) + (0.1 * g[i]);
                    second[p][i] = (0.999 * second[p][i]) + (0.001 * g[i] * g[i]);
                    values[p][i] -= rate * decay * values[p][i];
                    values[p][i] -= rate * (first[p][i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[p][i] / (1 - Math.Pow(0.999, step))) + 1e-8);
                }

                network.Parameters[p].data<double>().ToArray().Zip(values[p]).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-12);
            }
        }
    }

    private static AttentiveNetwork Random(int seed)
    {
        var network = new AttentiveNetwork(Probes, Heads, Width, Classes, CPU, ScalarType.Float64);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int stream = seed;
        foreach (Tensor parameter in network.Parameters)
        {
            parameter.copy_(tensor(Numbers((int)parameter.numel(), stream++), parameter.shape));
        }

        return network;
    }

    // One image: keys and values of every patch, softmax over the patches for each head, output projection, residual sum, LayerNorm, classifier.
    private static double[] Oracle(AttentiveNetwork network, int probe, double[] patchesLD)
    {
        double[] Numbers(Tensor parameter) => parameter.data<double>().Skip((int)(probe * parameter.numel() / Probes)).Take((int)(parameter.numel() / Probes)).ToArray();
        double[] query = Numbers(network.Query), keys = Numbers(network.Keys), values = Numbers(network.Values), valueBias = Numbers(network.ValueBias);
        double[] output = Numbers(network.Output), outputBias = Numbers(network.OutputBias), classes = Numbers(network.Classes), classBias = Numbers(network.ClassBias);
        int headWidth = Width / Heads;
        double Row(double[] matrix, int row, double[] vector, int offset) => Enumerable.Range(0, Width).Sum(d => matrix[(row * Width) + d] * vector[offset + d]);

        var attended = new double[Width];
        for (int h = 0; h < Heads; h++)
        {
            double[] weights = [.. Enumerable.Range(0, Patches).Select(l => Math.Exp(
                Enumerable.Range(h * headWidth, headWidth).Sum(k => query[k] * Row(keys, k, patchesLD, l * Width)) / Math.Sqrt(headWidth)))];
            for (int k = h * headWidth; k < (h + 1) * headWidth; k++)
            {
                attended[k] = Enumerable.Range(0, Patches).Sum(l => weights[l] / weights.Sum() * (Row(values, k, patchesLD, l * Width) + valueBias[k]));
            }
        }

        double[] pooled = [.. Enumerable.Range(0, Width).Select(d => query[d] + Row(output, d, attended, 0) + outputBias[d])];
        double mean = pooled.Average(), variance = pooled.Average(p => (p - mean) * (p - mean));
        double[] normed = [.. pooled.Select(p => (p - mean) / Math.Sqrt(variance + 1e-6))];
        return [.. Enumerable.Range(0, Classes).Select(c => Row(classes, c, normed, 0) + classBias[c])];
    }

    private static double[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Features.Normal(random))];
    }
}
