using BenchmarkDotNet.Running;
using NJepa.Benchmarks.Running;

// dotnet run -c Release --project benchmarks/NJepa.Benchmarks -- --filter '*'
// A look at each without measuring much:    -- --filter '*' --job dry
// What there is:                            -- --list flat
BenchmarkSwitcher.FromAssembly(typeof(BenchmarkSettings).Assembly).Run(args, BenchmarkSettings.For(args));
