using BenchmarkDotNet.Jobs;
using NJepa.Benchmarks.Parts;
using NJepa.Benchmarks.Running;

namespace NJepa.Benchmarks.Tests;

public sealed class BenchmarkTests : TensorTest
{
    // OptimizerStep has tests of its own: its tensors cannot be counted in the same way.
    public static TheoryData<Type> Types => new(BenchmarkCase.Types.Except([typeof(OptimizerStep)]));

    [Fact]
    public void Every_part_has_benchmarks() =>
        BenchmarkCase.Types.Select(type => type.Name).Order().Should().Equal(
            nameof(FeatureProbes), nameof(ImageDecoding), nameof(ImageLoading), nameof(MaskSampling), nameof(OptimizerStep), nameof(PositionNoiseSampling), nameof(TransformerBlockPass));

    // Native tensors that it leaves behind fail the test (TensorTest).
    [Theory]
    [MemberData(nameof(Types))]
    public void A_benchmark_runs_and_returns_something_sane(Type type)
    {
        object?[] results = [.. BenchmarkCase.Of(type).SelectMany(benchmark => benchmark.Run())];

        results.Should().NotBeEmpty();
        Array.ForEach(results, BenchmarkResult.ShouldBeSane);
    }

    [Fact]
    public void A_job_of_the_command_line_replaces_the_default_one()
    {
        Job own = BenchmarkSettings.For([]).GetJobs().Single(job => !job.Meta.IsMutator);
        own.Meta.IsDefault.Should().BeTrue();
        BenchmarkSettings.For(["--filter", "*", "--job", "dry"]).GetJobs().Should().OnlyContain(job => job.Meta.IsMutator);
        BenchmarkSettings.For(["-j", "short"]).GetJobs().Should().OnlyContain(job => job.Meta.IsMutator);
    }
}
