using NJepa.Benchmarks.Parts;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Benchmarks.Tests;

public sealed class OptimizerStepTests
{
    // Not a TensorTest: a Parameter takes over the native tensor that it is made from, but TorchSharp 0.107 goes on counting the one that gave it. So each counts once too often for ever.
    [Fact]
    public void Both_steps_run_and_leave_no_tensor_behind()
    {
        NJepaRuntime.EnsureLoaded();
        long before = torch.Tensor.TotalCount, parameters;
        var benchmark = new OptimizerStep { Encoder = ViT.Nano4 };
        benchmark.Setup();
        try
        {
            parameters = benchmark.Model!.Parameters.Parameters.Count;
            BenchmarkResult.ShouldBeSane(benchmark.BuiltIn());
            BenchmarkResult.ShouldBeSane(benchmark.Flat());
            BenchmarkResult.ShouldBeSane(benchmark.BuiltIn());
        }
        finally
        {
            benchmark.Cleanup();
        }

        (torch.Tensor.TotalCount - before - parameters).Should().Be(0);
    }

    [Fact]
    public void Both_steps_leave_the_same_weights()
    {
        float[] builtIn = WeightsAfter(benchmark => benchmark.BuiltIn()), flat = WeightsAfter(benchmark => benchmark.Flat()), untouched = WeightsAfter(_ => 0);
        builtIn.Zip(flat, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-6f);
        builtIn.Zip(untouched, (a, b) => Math.Abs(a - b)).Max().Should().BeGreaterThan(1e-3f);
    }

    // Student, predictor and teacher.
    private static float[] WeightsAfter(Func<OptimizerStep, float> step)
    {
        var benchmark = new OptimizerStep { Encoder = ViT.Nano4 };
        benchmark.Setup();
        try
        {
            JepaModel model = benchmark.Model!;
            for (int i = 0; i < 3; i++)
            {
                using (torch.NewDisposeScope())
                {
                    model.Parameters.Gradients!.copy_(torch.linspace(-1, i, model.Parameters.Count));
                }

                step(benchmark);
            }

            return [.. model.Parameters.Values.data<float>().ToArray(), .. model.TeacherParameters.Values.data<float>().ToArray()];
        }
        finally
        {
            benchmark.Cleanup();
        }
    }
}
