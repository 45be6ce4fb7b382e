using NJepa.Masking;
using NJepa.Noise;

namespace NJepa.Benchmarks.Tests;

internal static class BenchmarkResult
{
    /// <summary>Asserts that a benchmark returned something that its work can have led to.</summary>
    public static void ShouldBeSane(object? result)
    {
        switch (result)
        {
            case MaskBatch masks:
                masks.Context.Should().NotBeEmpty().And.OnlyContain(patch => patch >= 0 && patch < 196);
                masks.Targets.Should().NotBeEmpty().And.OnlyContain(patch => patch >= 0 && patch < 196);
                break;
            case PositionNoiseBatch noise:
                noise.Values.All(float.IsFinite).Should().BeTrue();
                noise.Values.Should().Contain(value => value != 0);
                break;
            case byte[] pixels:
                pixels.Distinct().Count().Should().BeGreaterThan(50);
                break;
            case long images:
                images.Should().Be(64);
                break;
            case float number:
                float.IsFinite(number).Should().BeTrue();
                break;
            default:
                throw new NotSupportedException($"A benchmark returned {result ?? "nothing"}; return what can be checked, and check it here.");
        }
    }
}
