using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests;

/// <summary>Small models and inputs that are the same in every run.</summary>
internal static class Small
{
    public static readonly long[] Samples = [3, 1, 4];

    public static JepaBuilder IJepa() => Parity.TinyModel();

    public static JepaBuilder NJepa(PositionNoise? noise = null) => Parity.TinyModel().WithNoisyPredictor(noise ?? EdmNoise.Default);

    public static Tensor Images(int count = 3, int seed = 0, int size = 32) => Normal(seed, count, 3, size, size);

    public static Tensor Normal(int seed, params long[] shape)
    {
        var random = new Random(seed);
        var values = new float[shape.Aggregate(1L, (product, side) => product * side)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        using Tensor view = tensor(values, shape);
        return view.clone();
    }

    /// <summary>Random values for every parameter, so that no bias is 0 and no term can hide.</summary>
    public static void Scramble(JepaModel model, int seed = 7)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();

        // Held: a scalar that TorchSharp makes itself may be freed while native code reads it, and this runs hundreds of times.
        using Scalar tenth = 0.1f.ToScalar();
        model.Parameters.Values.copy_(Normal(seed, model.Parameters.Count).mul_(tenth));
        model.TeacherParameters.Values.copy_(Normal(seed + 1, model.TeacherParameters.Count).mul_(tenth));
    }

    public static (JepaOutputs Outputs, JepaLosses Losses) Step(JepaModel model, long step = 0)
    {
        JepaOutputs outputs = model.Forward(Images(), model.SampleInputs(11, step, Samples));
        return (outputs, model.ComputeLosses(outputs));
    }

    public static float[] Values(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().contiguous().data<float>().ToArray();
    }

    /// <summary>The same bits, NaN included.</summary>
    public static void ShouldBeBitEqual(Tensor actual, Tensor expected, string because = "") =>
        Values(actual).AsSpan().SequenceEqual(Values(expected)).Should().BeTrue(because);

    public static float Item(Tensor scalar) => scalar.item<float>();
}
