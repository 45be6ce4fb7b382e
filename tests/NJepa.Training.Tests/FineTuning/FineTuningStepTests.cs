using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training.Tests;

/// <summary>One step of fine-tuning: learning rates by layer, gradients in parts, the schedule, and what becomes of numbers that are not finite.</summary>
public sealed class FineTuningStepTests(FineTunerTests.Pictures pictures) : TensorTest, IClassFixture<FineTunerTests.Pictures>
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 8, Width = 24, Depth = 3, Heads = 2 };

    // Depth 3, written out: what the documentation says of each layer.
    private static readonly Dictionary<string, int> Powers = new()
    {
        ["patch_embed"] = 4, ["blocks.0"] = 3, ["blocks.1"] = 2, ["blocks.2"] = 1, ["norm"] = 0, ["head"] = 0,
    };

    [Fact]
    public void Every_parameter_is_updated_as_by_adamw_at_its_layers_rate()
    {
        using TuningNetwork network = Network();
        using var optimizer = new FlatAdamW(network.Parameters, 0.8, 0.95, 1e-6, fused: null, LayerRates.Ranges(network.Parameters, 3, 0.6));
        double[] p = Read(network.Parameters.Values), m = new double[p.Length], v = new double[p.Length];
        for (int step = 1; step <= 3; step++)
        {
            double[] g = FillGradients(network.Parameters, step);
            optimizer.Step(0.01 * step, 0.3);
            foreach (ModelParameter parameter in network.Parameters.Parameters)
            {
                double rate = 0.01 * step * Math.Pow(0.6, Powers.Single(pair => parameter.Name.StartsWith(pair.Key + ".", StringComparison.Ordinal)).Value);
                double decay = parameter.Name.EndsWith("weight", StringComparison.Ordinal) && !parameter.Name.Contains("norm", StringComparison.Ordinal) ? 0.3 : 0;
                for (long i = parameter.Offset; i < parameter.Offset + parameter.Count; i++)
                {
                    m[i] = (0.8 * m[i]) + (0.2 * g[i]);
                    v[i] = (0.95 * v[i]) + (0.05 * g[i] * g[i]);
                    p[i] *= 1 - (rate * decay);
                    p[i] -= rate * (m[i] / (1 - Math.Pow(0.8, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-6);
                }
            }
        }

        Read(network.Parameters.Values).Zip(p, (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-6);
        LayerRates.Ranges(network.Parameters, 3, 0.6).Should().HaveCount(4 + 1 + 5, "each layer is one range in each half of the buffer; the head and the last norm are one");
    }

    [Fact]
    public void Without_layer_decay_it_is_plain_adamw_bit_for_bit()
    {
        using TuningNetwork network = Network(), other = Network();
        using FlatAdamW layered = new(network.Parameters, 0.9, 0.999, 1e-8, fused: null, LayerRates.Ranges(network.Parameters, 3, 1)), plain = new(other.Parameters);
        LayerRates.Ranges(network.Parameters, 3, 1).Should().HaveCount(2);
        for (int step = 1; step <= 3; step++)
        {
            FillGradients(network.Parameters, step);
            FillGradients(other.Parameters, step);
            layered.Step(0.01, 0.2);
            plain.Step(0.01, 0.2);
        }

        Read(network.Parameters.Values).Should().Equal(Read(other.Parameters.Values));
    }

    [Fact]
    public async Task The_first_step_of_a_run_moves_each_layer_by_its_rate()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        var options = new FineTuningOptions { Epochs = 1, BatchSize = 320, ValidationFraction = 0, WarmupEpochs = 1, LearningRate = 0.01, FinalLearningRate = 0.01, WeightDecay = 0, LayerDecay = 0.5, Epsilon = 1e-16 };
        using var tuner = new FineTuner(encoder, pictures.Train, options);
        double[] before = Read(tuner.State.Network.Parameters.Values);

        using FineTuningResult result = await tuner.RunAsync();

        double[] after = Read(tuner.State.Network.Parameters.Values);
        foreach (ModelParameter parameter in tuner.State.Network.Parameters.Parameters.Where(parameter => !parameter.Name.EndsWith("qkv.bias", StringComparison.Ordinal)))
        {
            // AdamW's first step is the rate itself, in the direction against the gradient.
            double rate = 0.01 * Math.Pow(0.5, Powers.Single(pair => parameter.Name.StartsWith(pair.Key + ".", StringComparison.Ordinal)).Value);
            double[] moved = [.. Enumerable.Range((int)parameter.Offset, (int)parameter.Count).Select(i => Math.Abs(after[i] - before[i])).Order()];
            moved[moved.Length / 2].Should().BeApproximately(rate, 0.001 * rate, parameter.Name);
        }
    }

    [Fact]
    public void Gradients_in_parts_are_those_of_the_whole_batch()
    {
        using TuningNetwork network = Network(), other = Network();
        using DisposeScope scope = NewDisposeScope();
        using var meter = new TuningMeter(CPU);
        using FlatAdamW optimizer = new(network.Parameters), otherOptimizer = new(other.Parameters);
        var random = new Random(1);
        var bytes = new byte[7 * 32 * 32 * 3];
        random.NextBytes(bytes);
        Tensor pixels = tensor(bytes, 7, 32, 32, 3), labels = tensor(new long[] { 0, 1, 2, 3, 4, 0, 1 });

        (Tensor loss, Tensor hits) = new TuningStep(network, optimizer, meter, new FineTuningOptions()).AddGradients(pixels, labels);
        (Tensor partLoss, Tensor partHits) = new TuningStep(other, otherOptimizer, meter, new FineTuningOptions { MicroBatchSize = 3 }).AddGradients(pixels, labels);

        partLoss.item<float>().Should().BeApproximately(loss.item<float>(), 1e-5f);
        partHits.item<long>().Should().Be(hits.item<long>());
        double[] expected = Read(network.Parameters.Gradients!);
        double largest = expected.Max(Math.Abs);
        largest.Should().BePositive();
        Read(other.Parameters.Gradients!).Zip(expected, (a, e) => Math.Abs(a - e)).Max().Should().BeLessThan(1e-5 * largest);
    }

    [Fact]
    public void The_loss_and_its_gradient_are_those_of_cross_entropy_with_smoothed_labels()
    {
        using TuningNetwork network = Network();
        using DisposeScope scope = NewDisposeScope();
        using var meter = new TuningMeter(CPU);
        using var optimizer = new FlatAdamW(network.Parameters);
        Tensor bias = network.Parameters["head.bias"].Value;
        using (no_grad())
        {
            bias.copy_(tensor(new float[] { 0.5f, -1, 2, 0, 0.3f }));
            network.Parameters["head.weight"].Value.zero_();
        }

        var step = new TuningStep(network, optimizer, meter, new FineTuningOptions { LabelSmoothing = 0.2 });
        double loss = step.AddGradients(zeros(3, 32, 32, 3, dtype: ScalarType.Byte), tensor(new long[] { 2, 2, 4 })).Loss.item<float>();

        // Scores are the bias alone: softmax and targets can be written out.
        double[] scores = [0.5, -1, 2, 0, 0.3], probabilities = [.. scores.Select(s => Math.Exp(s) / scores.Sum(Math.Exp))];
        double[] targets = [.. Enumerable.Range(0, 5).Select(c => (0.2 / 5) + (0.8 * (c == 2 ? 2 / 3.0 : c == 4 ? 1 / 3.0 : 0)))];
        loss.Should().BeApproximately(-targets.Zip(probabilities, (t, p) => t * Math.Log(p)).Sum(), 1e-6);
        network.Parameters["head.bias"].Gradient!.data<float>().ToArray().Zip(probabilities.Zip(targets, (p, t) => p - t)).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-6);
    }

    [Fact]
    public void The_learning_rate_rises_linearly_and_falls_along_a_half_cosine()
    {
        var options = new FineTuningOptions { Epochs = 10, WarmupEpochs = 2, LearningRate = 1, FinalLearningRate = 0.2 };
        double[] rates = [.. Enumerable.Range(0, 50).Select(step => options.LearningRateAt(step, stepsPerEpoch: 5))];

        rates[0].Should().BeApproximately(0.1, 1e-12);
        rates[4].Should().BeApproximately(0.5, 1e-12);
        rates[9].Should().Be(1);
        rates[29].Should().BeApproximately(0.6, 1e-12);
        rates[49].Should().BeApproximately(0.2, 1e-12);
        rates[9..].Should().BeInDescendingOrder();
        (options with { WarmupEpochs = 0 }).LearningRateAt(49, 5).Should().BeApproximately(0.2, 1e-12);
        (options with { WarmupEpochs = 10 }).LearningRateAt(49, 5).Should().Be(1);
    }

    [Fact]
    public void Sums_end_before_the_first_step_that_is_not_finite()
    {
        using var meter = new TuningMeter(CPU);
        Add(1, 2, 3);
        Add(2, 1, 3);
        Blocked().Should().BeFalse();
        Add(double.NaN, 5, 3);
        Blocked().Should().BeTrue();
        Add(1, 5, double.PositiveInfinity);
        Blocked().Should().BeTrue("later steps must not count either");

        meter.Read().Should().BeEquivalentTo(new TuningSums(2, 3, 3, ["loss"]));
        Blocked().Should().BeFalse();
        Add(4, 1, double.NaN);
        meter.Read().Should().BeEquivalentTo(new TuningSums(0, 0, 0, ["gradient"]));
        meter.Read().Should().BeEquivalentTo(TuningSums.None);

        bool Blocked() => meter.Blocked.item<float>() == 1;

        void Add(double loss, long hits, double norm)
        {
            using DisposeScope scope = NewDisposeScope();
            meter.Add(tensor((float)loss), tensor(hits), tensor((float)norm));
        }
    }

    private static TuningNetwork Network()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 1);
        return new TuningNetwork(encoder, ["a", "b", "c", "d", "e"], seed: 2);
    }

    private static double[] FillGradients(ParameterBuffer parameters, int seed)
    {
        var random = new Random(seed);
        float[] values = [.. Enumerable.Range(0, (int)parameters.Count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        using DisposeScope scope = NewDisposeScope();
        parameters.Gradients!.copy_(tensor(values));
        return Array.ConvertAll(values, value => (double)value);
    }

    private static double[] Read(Tensor values) => Array.ConvertAll(values.data<float>().ToArray(), value => (double)value);
}
