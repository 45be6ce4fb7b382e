using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training.Tests;

/// <summary>The update by ordinary operations and the fused one are AdamW, whatever the number of elements.</summary>
public sealed class ChunkedAdamWTests : TensorTest
{
    private const int Chunk = 1 << 18;

    [Theory]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData((2 * Chunk) + 7)]
    public void Any_number_of_elements_is_updated_as_in_double_precision(int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        double[] p = [.. Enumerable.Range(0, count).Select(i => Math.Cos(i * 0.61))], m = new double[count], v = new double[count];
        Tensor start = tensor(p, ScalarType.Float32);
        (Tensor P, Tensor M, Tensor V) chunked = (start.clone(), zeros(count), zeros(count)), fused = (start.clone(), zeros(count), zeros(count));
        Tensor stepCount = zeros(1).select(0, 0), never = zeros(1).select(0, 0);
        for (int step = 1; step <= 3; step++)
        {
            double[] g = [.. Enumerable.Range(0, count).Select(i => (double)(float)Math.Sin((i * 0.37) + step))];
            Tensor gradients = tensor(g, ScalarType.Float32);
            stepCount.fill_(step);
            ChunkedAdamW.Step(chunked.P, gradients, chunked.M, chunked.V, step, 0.01 * step, 0.8, 0.95, 0.3, 1e-6);
            FusedAdamW.Step(fused.P, gradients, fused.M, fused.V, stepCount, never, 0.01 * step, 0.8, 0.95, 0.3, 1e-6);
            for (int i = 0; i < count; i++)
            {
                m[i] = (0.8 * m[i]) + (0.2 * g[i]);
                v[i] = (0.95 * v[i]) + (0.05 * g[i] * g[i]);
                p[i] *= 1 - (0.01 * step * 0.3);
                p[i] -= 0.01 * step * (m[i] / (1 - Math.Pow(0.8, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-6);
            }

            gradients.data<float>().ToArray().Should().Equal(g.Select(value => (float)value), "gradients are left as they are");
        }

        foreach ((Tensor actual, double[] expected) in new[] { (chunked.P, p), (chunked.M, m), (chunked.V, v), (fused.P, p), (fused.M, m), (fused.V, v) })
        {
            Parity.ShouldMatch(actual, tensor(expected), 1e-6);
        }

        Parity.ShouldMatch(chunked.P, fused.P, 1e-6, what: "both ways");
    }
}
