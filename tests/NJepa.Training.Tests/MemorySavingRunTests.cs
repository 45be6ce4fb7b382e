using Microsoft.Extensions.Logging;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>Runs in parts of batches, with recomputed activations and in bfloat16.</summary>
public sealed class MemorySavingRunTests(JepaTrainerTests.Pictures pictures) : TensorTest, IClassFixture<JepaTrainerTests.Pictures>
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 4, Width = 24, Depth = 2, Heads = 2 };

    private static JepaBuilder Builder() => JepaBuilder.WithEncoder(Small).WithRecipe(JepaRecipe.SmallData);

    private static PretrainingOptions Options(int? micro = null) => PretrainingOptions.SmallData with { Epochs = 2, BatchSize = 16, MicroBatchSize = micro, LogEvery = 1, LoaderThreads = 1, Momentum = 0.9 };

    private async Task<(float[] Weights, TrainingResult Result)> RunAsync(JepaBuilder builder, PretrainingOptions options, ILogger? logger = null)
    {
        using JepaModel model = builder.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, options, logger);
        TrainingResult result = await trainer.RunAsync();
        return ([.. model.Parameters.Values.data<float>().ToArray(), .. model.TeacherParameters.Values.data<float>().ToArray()], result);
    }

    // Of the distance from the initial weights.
    private static double Apart(float[] actual, float[] expected)
    {
        using JepaModel untrained = Builder().Build();
        float[] initial = [.. untrained.Parameters.Values.data<float>().ToArray(), .. untrained.TeacherParameters.Values.data<float>().ToArray()];
        static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
        return Norm(actual.Zip(expected, (a, e) => (double)a - e)) / Norm(expected.Zip(initial, (e, i) => (double)e - i));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    public async Task Parts_of_any_size_train_as_whole_batches_do(int micro)
    {
        (float[] expected, TrainingResult whole) = await RunAsync(Builder(), Options());
        (float[] actual, TrainingResult parts) = await RunAsync(Builder(), Options(micro));
        (float[] other, _) = await RunAsync(Builder(), Options() with { Seed = 1 });

        // AdamW turns a gradient that is nothing but rounding into a whole step: those parameters go their own ways.
        Apart(actual, expected).Should().BeLessThan(0.05);
        Apart(other, expected).Should().BeGreaterThan(0.3);
        parts.History.Zip(whole.History).Should().HaveCount(8).And.OnlyContain(pair => Math.Abs(pair.First.Losses.Total - pair.Second.Losses.Total) < 1e-3 && pair.First.Losses.Covariance != null);
    }

    [Fact]
    public async Task Recomputed_activations_train_as_kept_ones_do()
    {
        (float[] expected, _) = await RunAsync(Builder(), Options());
        (float[] actual, _) = await RunAsync(Builder().WithRecomputedActivations(), Options());

        Apart(actual, expected).Should().BeLessThan(0.05);
    }

    [Fact]
    public async Task BFloat16_trains_nearly_as_float32_does()
    {
        (float[] expected, TrainingResult exact) = await RunAsync(Builder(), Options());
        (float[] actual, TrainingResult rounded) = await RunAsync(Builder().WithPrecision(Precision.BFloat16), Options());

        Apart(actual, expected).Should().BeInRange(1e-4, 0.5);
        rounded.History.Zip(exact.History).Should().OnlyContain(pair => Math.Abs(pair.First.Losses.Total - pair.Second.Losses.Total) < 0.02 * pair.Second.Losses.Total);
    }

    [Fact]
    public async Task No_native_tensor_outlives_a_step()
    {
        var live = new List<long>();
        using JepaModel model = Builder().WithRecomputedActivations().WithPrecision(Precision.BFloat16).Build();
        using var trainer = new JepaTrainer(model, pictures.Source, Options(5) with { Epochs = 4 });
        await trainer.RunAsync(new Collect(_ => live.Add(torch.Tensor.TotalCount)));

        live.Should().HaveCount(16);
        live.Distinct().Should().HaveCount(1);
    }

    [Fact]
    public async Task A_processor_without_bfloat16_is_said_once_at_the_start()
    {
        var log = new ListLogger((level, _) => level == LogLevel.Warning);
        await RunAsync(Builder().WithPrecision(Precision.BFloat16), Options() with { Epochs = 1 }, log);
        await RunAsync(Builder(), Options() with { Epochs = 1 }, log);

        string[] expected = NJepaRuntime.HasFastBFloat16(torch.CPU)
            ? []
            : ["Precision.BFloat16 is slower than Float32 on cpu: this processor has no bfloat16 instructions that libtorch uses, so that products are computed in float32 on rounded numbers. Use Precision.Float32 here."];
        log.Messages.Where(text => text.Contains("BFloat16", StringComparison.Ordinal)).Should().Equal(expected);
    }
}
