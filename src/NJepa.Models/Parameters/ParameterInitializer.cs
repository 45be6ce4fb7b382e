using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// Gives parameters their first values. Each parameter has its own stream of random numbers, named by the seed and the parameter's name: adding a
/// second predictor leaves the first one's and the encoder's initial weights as they were.
/// </summary>
internal static class ParameterInitializer
{
    private const double StandardDeviation = 0.02;
    private const double Truncation = 2.0;

    public static void Initialize(ParameterBuffer buffer, IReadOnlyList<ParameterSpec> specs, ulong seed)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (ParameterSpec spec in specs)
        {
            Tensor value = buffer[spec.Name].Value;
            switch (spec.Initialization)
            {
                case ParameterInitialization.Zeros:
                    value.zero_();
                    break;
                case ParameterInitialization.Ones:
                    value.copy_(ones(spec.Shape));
                    break;
                default:
                    using (Tensor drawn = tensor(TruncatedNormal(spec, seed), spec.Shape))
                    {
                        value.copy_(drawn);
                    }

                    break;
            }
        }
    }

    private static float[] TruncatedNormal(ParameterSpec spec, ulong seed)
    {
        CounterRandom random = CounterRandom.Create(seed, RandomPurpose.Initialization, 0, Hash(spec.Name));
        var values = new float[spec.Count];
        double scale = StandardDeviation * spec.Scale;
        for (int i = 0; i < values.Length;)
        {
            (double first, double second) = random.NextNormalPair();
            if (Math.Abs(first) <= Truncation)
            {
                values[i++] = (float)(scale * first);
            }

            if (i < values.Length && Math.Abs(second) <= Truncation)
            {
                values[i++] = (float)(scale * second);
            }
        }

        return values;
    }

    // FNV-1a: string.GetHashCode differs from process to process.
    private static long Hash(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        return (long)hash;
    }
}
