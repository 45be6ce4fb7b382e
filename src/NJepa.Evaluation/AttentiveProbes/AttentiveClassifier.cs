using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>A classifier of patch features: multi-head attention of a learned query, then a linear layer; see <see cref="AttentiveProbe"/>.</summary>
/// <remarks>Holds no native memory. Safe to use from several threads.</remarks>
public sealed class AttentiveClassifier
{
    private readonly ChannelScaler _scaler;
    private readonly float[][] _parameters;
    private readonly int _batchSize;
    private readonly string _device;

    internal AttentiveClassifier(ChannelScaler scaler, IReadOnlyList<string> classNames, int heads, float[][] parameters, AttentiveProbeOptions options)
    {
        (_scaler, ClassNames, Heads, _parameters, _batchSize, _device) = (scaler, classNames, heads, parameters, options.BatchSize, options.Device);
    }

    internal IReadOnlyList<float[]> Parameters => _parameters;

    /// <summary>D, the channels of a patch.</summary>
    public int Width => _scaler.Shift.Length;

    /// <summary>H, the heads of the attention.</summary>
    public int Heads { get; }

    /// <summary>The classes [C].</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Classifies images.</summary>
    /// <param name="features">The features [N,L,D]. Labels are not read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The classes [N], as indices into <see cref="ClassNames"/>; of equal scores the lower class.</returns>
    /// <exception cref="EvaluationException">The patches have another number of channels, or memory ran out.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int[] Predict(PatchFeatureSet features, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Width != Width)
        {
            throw new EvaluationException($"The patches have {features.Width} channels; this classifier was trained on {Width}. Use the same encoder with the same settings.");
        }

        Device device = NJepaRuntime.ResolveDevice(_device);
        using AttentiveNetwork network = new(1, Heads, Width, ClassNames.Count, device);
        using (no_grad())
        using (NewDisposeScope())
        {
            foreach ((Tensor target, float[] values) in network.Parameters.Zip(_parameters))
            {
                target.copy_(AlignedTensor.From(values, target.shape));
            }
        }

        float[] scores = AttentiveSolver.Scores(network, _scaler, features, [.. Enumerable.Range(0, features.Count)], _batchSize, device, cancellationToken);
        int classes = ClassNames.Count;
        return [.. Enumerable.Range(0, features.Count).Select(i => LinearClassifier.IndexOfLargest(scores.AsSpan(i * classes, classes)))];
    }
}
