namespace NJepa.Interop.Tests;

/// <summary>Comparison bit by bit: NaN equals NaN, and 0 is not -0.</summary>
internal static class Bits
{
    public static void ShouldBeEqual(Tensor actual, Tensor expected, string what)
    {
        using DisposeScope scope = NewDisposeScope();
        actual.dtype.Should().Be(expected.dtype, what);
        actual.shape.Should().Equal(expected.shape, what);
        actual.cpu().contiguous().bytes.ToArray().Should().Equal(expected.cpu().contiguous().bytes.ToArray(), what);
    }
}
