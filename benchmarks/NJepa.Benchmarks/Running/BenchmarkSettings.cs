using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace NJepa.Benchmarks.Running;

/// <summary>How the benchmarks run: in this process, few iterations, operations per second beside the mean.</summary>
internal static class BenchmarkSettings
{
    // A project that BenchmarkDotNet generates elsewhere would not have the native libraries that this repository's build puts in place.
    private static readonly InProcessEmitToolchain InProcess = new(TimeSpan.FromMinutes(30), logOutput: true);

    /// <summary>The settings for a command line; a job that it names (<c>--job dry</c>, <c>-j short</c>) takes the place of the default one.</summary>
    public static IConfig For(IReadOnlyList<string> arguments)
    {
        ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .WithOrderer(new DefaultOrderer(SummaryOrderPolicy.Declared, MethodOrderPolicy.Declared))
            .HideColumns(Column.Job, Column.Toolchain, Column.IterationCount, Column.IterationTime, Column.WarmupCount, Column.InvocationCount, Column.UnrollFactor, Column.LaunchCount, Column.RunStrategy)
            .AddColumn(StatisticColumn.OperationsPerSecond)
            .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)))
            .AddJob(Job.Default.WithToolchain(InProcess).AsMutator());
        return NamesJob(arguments)
            ? config
            : config.AddJob(Job.Default.WithWarmupCount(2).WithIterationCount(8).WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(400)).AsDefault());
    }

    private static bool NamesJob(IReadOnlyList<string> arguments) =>
        arguments.Any(argument => argument is "-j" or "--job" || argument.StartsWith("--job=", StringComparison.Ordinal));
}
