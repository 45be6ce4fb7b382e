using System.Runtime.InteropServices;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Trains one attentive probe for each learning rate, all on the same batches, and chooses between them.</summary>
internal sealed class AttentiveSolver(PatchFeatureSet train, AttentiveProbeOptions options, IProgress<double>? progress)
{
    private readonly Device _device = NJepaRuntime.ResolveDevice(options.Device);
    private readonly int _heads = options.HeadsFor(train.Width);
    private readonly ChannelScaler _scaler = ChannelScaler.Fit(train, options.Standardize);
    private readonly int _epochs = options.RefitOnAllImages ? 2 * options.Epochs : options.Epochs;
    private int _epochsDone;

    public AttentiveProbeFit Solve(CancellationToken cancellationToken)
    {
        (int[] fit, int[] validation) = FeatureSplit.OfLabels(train, options.ValidationFraction, options.Seed);
        double[] rates = [.. options.LearningRates];
        using AttentiveNetwork tried = Train(fit, rates, cancellationToken);
        float[] scores = Scores(tried, _scaler, train, validation, options.BatchSize, _device, cancellationToken);
        ProbeCandidate[] candidates = [.. rates.Select((rate, r) => Judge(rate, Part(tried, r), scores.AsSpan(r * scores.Length / rates.Length, scores.Length / rates.Length), validation))];
        ProbeCandidate chosen = candidates.Where(candidate => candidate.Converged).MaxBy(candidate => candidate.ValidationAccuracy)
            ?? throw new EvaluationException(FormattableString.Invariant($"The attentive probe diverged with every learning rate ({string.Join(", ", rates)}); add smaller ones, or set Standardize."));
        if (!options.RefitOnAllImages)
        {
            return Fitted(Part(tried, Array.IndexOf(rates, chosen.Setting)), chosen, candidates);
        }

        using AttentiveNetwork refitted = Train([.. Enumerable.Range(0, train.Count)], [chosen.Setting], cancellationToken);
        float[][] parameters = Part(refitted, 0);
        return IsFinite(parameters)
            ? Fitted(parameters, chosen, candidates)
            : throw new EvaluationException(FormattableString.Invariant($"The attentive probe diverged on all images with the learning rate {chosen.Setting}, which was the best on a part of them; give smaller ones, or set RefitOnAllImages to false."));
    }

    /// <summary>Scores <c>[R,rows,C]</c> of some images.</summary>
    public static float[] Scores(
        AttentiveNetwork network, ChannelScaler scaler, PatchFeatureSet features, int[] rows, int batchSize, Device device, CancellationToken cancellationToken)
    {
        (int probes, int classes) = ((int)network.Classes.size(0), (int)network.Classes.size(1));
        var scores = new float[checked(probes * rows.Length * classes)];
        using IDisposable noGradient = no_grad();
        using DisposeScope all = NewDisposeScope();
        (Tensor shift, Tensor scale) = scaler.ToTensors(device);
        for (int start = 0; start < rows.Length; start += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(batchSize, rows.Length - start);
            float[] batch = Explained(count, features, () =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor scoresRBC = network.Forward(Batch(features, rows.AsSpan(start, count), shift, scale, device)).to(ScalarType.Float32).cpu().contiguous();
                return MemoryMarshal.Cast<byte, float>(scoresRBC.bytes).ToArray();
            });
            for (int r = 0; r < probes; r++)
            {
                batch.AsSpan(r * count * classes, count * classes).CopyTo(scores.AsSpan(((r * rows.Length) + start) * classes));
            }
        }

        return scores;
    }

    /// <summary>The mean cross-entropy of each probe, summed over the probes: their gradients do not mix.</summary>
    internal static Tensor Loss(Tensor scoresRBC, Tensor labelsRB)
    {
        using DisposeScope scope = NewDisposeScope();
        long classes = scoresRBC.size(2);
        return nn.functional.cross_entropy(scoresRBC.reshape(-1, classes), labelsRB).Times(scoresRBC.size(0)).MoveToOuterDisposeScope();
    }

    private AttentiveNetwork Train(int[] rows, double[] rates, CancellationToken cancellationToken)
    {
        var network = new AttentiveNetwork(rates.Length, _heads, train.Width, train.ClassNames.Count, _device);
        try
        {
            network.Initialize(options.Seed);
            using var optimizer = new AttentiveOptimizer(network, rates, options);
            using DisposeScope all = NewDisposeScope();
            (Tensor shift, Tensor scale) = _scaler.ToTensors(_device);
            int batch = Math.Min(options.BatchSize, rows.Length);
            int stepsPerEpoch = (rows.Length + batch - 1) / batch;
            int[] order = [.. rows];
            for (int epoch = 0; epoch < options.Epochs; epoch++)
            {
                CounterRandom.Create(options.Seed, RandomPurpose.Evaluation, epoch, index: 1).Shuffle(order.AsSpan());
                for (int step = 0; step < stepsPerEpoch; step++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    double done = ((epoch * (double)stepsPerEpoch) + step) / (options.Epochs * (double)stepsPerEpoch);
                    int start = step * batch, count = Math.Min(batch, rows.Length - start);
                    Explained(count, train, () =>
                    {
                        Step(network, optimizer, order.AsSpan(start, count), shift, scale, rates.Length, (1 + Math.Cos(Math.PI * done)) / 2);
                        return true;
                    });
                }

                progress?.Report(++_epochsDone / (double)_epochs);
            }

            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private void Step(AttentiveNetwork network, AttentiveOptimizer optimizer, ReadOnlySpan<int> rows, Tensor shift, Tensor scale, int probes, double factor)
    {
        using DisposeScope scope = NewDisposeScope();
        var labels = new long[probes * rows.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = train.Labels[rows[i % rows.Length]];
        }

        Tensor loss = Loss(network.Forward(Batch(train, rows, shift, scale, _device)), tensor(labels).to(_device));
        optimizer.Step(autograd.grad([loss], network.Parameters), factor);
    }

    /// <summary>Scaled features <c>[B,L,D]</c> of the caller's dispose scope.</summary>
    private static Tensor Batch(PatchFeatureSet features, ReadOnlySpan<int> rows, Tensor shift, Tensor scale, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        return features.Gather(rows).to(device).sub(shift).mul_(scale).MoveToOuterDisposeScope();
    }

    private ProbeCandidate Judge(double rate, float[][] parameters, ReadOnlySpan<float> scores, int[] validation)
    {
        if (!IsFinite(parameters))
        {
            return new(rate, 0, Converged: false);
        }

        int classes = train.ClassNames.Count, correct = 0;
        for (int i = 0; i < validation.Length; i++)
        {
            ReadOnlySpan<float> row = scores.Slice(i * classes, classes);
            int prediction = LinearClassifier.IndexOfLargest(row);
            correct += float.IsFinite(row[prediction]) && prediction == train.Labels[validation[i]] ? 1 : 0;
        }

        return new(rate, (double)correct / validation.Length, Converged: true);
    }

    private AttentiveProbeFit Fitted(float[][] parameters, ProbeCandidate chosen, ProbeCandidate[] candidates) =>
        new(new AttentiveClassifier(_scaler, train.ClassNames, _heads, parameters, options), chosen, candidates);

    private static float[][] Part(AttentiveNetwork network, int probe)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return Array.ConvertAll(network.Parameters, parameter => MemoryMarshal.Cast<byte, float>(parameter.select(0, probe).cpu().contiguous().bytes).ToArray());
    }

    private static bool IsFinite(float[][] parameters) => parameters.All(values => values.All(float.IsFinite));

    /// <summary>Says a failure of native code, which is most often want of memory, in a user's words.</summary>
    private static T Explained<T>(int batch, PatchFeatureSet features, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (ExternalException native)
        {
            throw new EvaluationException(
                $"The attentive probe failed in the native runtime at a batch of {batch} images x {features.Patches} patches x {features.Width} channels: {native.Message.Split('\n')[0].Trim().TrimEnd('.')}. "
                + "If memory is short, lower AttentiveProbeOptions.BatchSize or give fewer LearningRates.",
                native);
        }
    }
}
