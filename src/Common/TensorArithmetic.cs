using TorchSharp;
using static TorchSharp.torch;

namespace NJepa;

/// <summary>
/// Arithmetic that holds on to its scalars. TorchSharp passes a scalar to native code as a bare pointer: one that it makes itself (the alpha of <c>a + b</c>, the 2 of
/// <c>2 * a</c>) may be collected and freed while the native call still reads it, which ends a run once in many thousand steps with an absurd error. Here every scalar outlives its call.
/// A test sees to it that no library calls an operation of TorchSharp that makes scalars.
/// </summary>
internal static class TensorArithmetic
{
    private static readonly Scalar One = 1.ToScalar();

    /// <summary><c>a + b</c>.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary><c>a += b</c>, in place.</summary>
    public static void AddInPlace(this Tensor a, Tensor b) => a.add_(b, One);

    /// <summary><c>a + b</c>.</summary>
    public static Tensor Plus(this Tensor a, double b)
    {
        using Scalar scalar = b.ToScalar();
        return a.add(scalar, One);
    }

    /// <summary><c>a + b</c>, for integers as well.</summary>
    public static Tensor Plus(this Tensor a, long b)
    {
        using Scalar scalar = b.ToScalar();
        return a.add(scalar, One);
    }

    /// <summary><c>a * b</c>.</summary>
    public static Tensor Times(this Tensor a, double b)
    {
        using Scalar scalar = b.ToScalar();
        return a.mul(scalar);
    }

    /// <summary><c>a *= b</c>, in place.</summary>
    public static void ScaleInPlace(this Tensor a, double b)
    {
        using Scalar scalar = b.ToScalar();
        a.mul_(scalar);
    }

    /// <summary><c>a / b</c>.</summary>
    public static Tensor DividedBy(this Tensor a, double b)
    {
        using Scalar scalar = b.ToScalar();
        return a.div(scalar);
    }

    /// <summary>a squared.</summary>
    public static Tensor Squared(this Tensor a) => a.mul(a);

    /// <summary>Sets every element, in place.</summary>
    public static void FillWith(this Tensor a, double value)
    {
        using Scalar scalar = value.ToScalar();
        a.fill_(scalar);
    }
}
