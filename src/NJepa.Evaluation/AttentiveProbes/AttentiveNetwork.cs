using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

// Shapes: R probes side by side, B images of L patches of D channels, H heads of D / H channels, C classes.

/// <summary>
/// R attentive probes of the same shape, stacked so that each batch is read and multiplied once for all of them. Nothing that one computes enters another: a probe that diverges leaves the others as they are.
/// </summary>
internal sealed class AttentiveNetwork : IDisposable
{
    private const double QueryDeviation = 0.02;

    private readonly int _probes;
    private readonly int _heads;
    private readonly int _width;

    /// <param name="probes">R.</param>
    /// <param name="heads">H, a divisor of the channels.</param>
    /// <param name="width">D.</param>
    /// <param name="classes">C.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="type">Float32; Float64 to check gradients.</param>
    public AttentiveNetwork(int probes, int heads, int width, int classes, Device device, ScalarType type = ScalarType.Float32)
    {
        (_probes, _heads, _width) = (probes, heads, width);
        Query = Parameter(probes, 1, width);
        Keys = Parameter(probes, width, width);
        Values = Parameter(probes, width, width);
        ValueBias = Parameter(probes, 1, width);
        Output = Parameter(probes, width, width);
        OutputBias = Parameter(probes, 1, width);
        Classes = Parameter(probes, classes, width);
        ClassBias = Parameter(probes, 1, classes);

        Tensor Parameter(params long[] shape)
        {
            using DisposeScope scope = NewDisposeScope();
            return zeros(shape, dtype: type, device: device).requires_grad_(true).DetachFromDisposeScope();
        }
    }

    public Tensor Query { get; }

    /// <summary>The keys' matrices <c>[R,D,D]</c>, a row for each channel of a key, heads one after another.</summary>
    public Tensor Keys { get; }

    public Tensor Values { get; }

    public Tensor ValueBias { get; }

    public Tensor Output { get; }

    public Tensor OutputBias { get; }

    public Tensor Classes { get; }

    public Tensor ClassBias { get; }

    /// <summary>All of them, in a fixed order.</summary>
    public Tensor[] Parameters => [Query, Keys, Values, ValueBias, Output, OutputBias, Classes, ClassBias];

    /// <summary>Whether weight decay applies to a parameter: to the matrices.</summary>
    public static bool IsDecayed(int parameter) => parameter is 1 or 2 or 4 or 6;

    /// <summary>
    /// The first weights, the same for all R: matrices normal with variance 1 / D, so that they keep the size of what goes through; the query small, so that attention begins even; classifier and biases 0.
    /// </summary>
    public void Initialize(ulong seed)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        double spread = 1 / Math.Sqrt(_width);
        Draw(Query, 0, QueryDeviation);
        Draw(Keys, 1, spread);
        Draw(Values, 2, spread);
        Draw(Output, 3, spread);

        void Draw(Tensor target, long stream, double deviation)
        {
            var values = new float[target.numel() / _probes];
            CounterRandom random = CounterRandom.Create(seed, RandomPurpose.Evaluation, stream, index: 2);
            for (int i = 0; i < values.Length; i += 2)
            {
                (double first, double second) = random.NextNormalPair();
                values[i] = (float)(deviation * first);
                if (i + 1 < values.Length)
                {
                    values[i + 1] = (float)(deviation * second);
                }
            }

            target.copy_(AlignedTensor.From(values, 1, target.size(1), target.size(2)));
        }
    }

    /// <summary>Scores <c>[R,B,C]</c> of patch features <c>[B,L,D]</c>, which belong to the caller's dispose scope.</summary>
    public Tensor Forward(Tensor featuresBLD)
    {
        using DisposeScope scope = NewDisposeScope();
        (long images, long headWidth, long all) = (featuresBLD.size(0), _width / _heads, (long)_probes * _heads);

        // The query through the keys' matrix: one vector of D channels for each head, which scores patches as query * key would.
        Tensor lookJD = Query.view(all, 1, headWidth).bmm(Keys.view(all, headWidth, _width)).view(all, _width).Times(1 / Math.Sqrt(headWidth));
        Tensor attentionBJL = nn.functional.softmax(nn.functional.linear(featuresBLD, lookJD).transpose(1, 2), -1);
        Tensor gatheredJBD = attentionBJL.bmm(featuresBLD).transpose(0, 1);
        Tensor valuesJBW = gatheredJBD.bmm(Values.view(all, headWidth, _width).transpose(1, 2));
        Tensor valuesRBD = valuesJBW.view(_probes, _heads, images, headWidth).transpose(1, 2).reshape(_probes, images, _width).Plus(ValueBias);
        Tensor pooledRBD = valuesRBD.bmm(Output.transpose(1, 2)).Plus(OutputBias).Plus(Query);
        Tensor normedRBD = nn.functional.layer_norm(pooledRBD, [_width], eps: 1e-6);
        return normedRBD.bmm(Classes.transpose(1, 2)).Plus(ClassBias).MoveToOuterDisposeScope();
    }

    public void Dispose() => Array.ForEach(Parameters, parameter => parameter.Dispose());
}
