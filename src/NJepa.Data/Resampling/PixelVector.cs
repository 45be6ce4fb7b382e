using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NJepa.Data;

/// <summary>From bytes to sums in fixed point (<see cref="AxisWeights.FractionBits"/>) and back.</summary>
internal static class PixelVector
{
    /// <summary>One half: added before the fraction is cut off.</summary>
    public const int Half = 1 << (AxisWeights.FractionBits - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadEight(ref byte source) =>
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref source)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> WidenEight(ref byte source) => Widen(LoadEight(ref source));

    /// <summary>The lower eight bytes as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Widen(Vector128<byte> bytes)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ConvertToVector256Int32(bytes);
        }

        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.WidenLower(bytes));
        return Vector256.Create(lower.AsInt32(), upper.AsInt32());
    }

    /// <summary>Writes one pixel from the sums of its even and its odd taps: three bytes, and one to be overwritten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePixel(Vector256<int> sum, ref byte target)
    {
        Vector128<int> value = Round(sum.GetLower() + sum.GetUpper());
        Vector128<byte> packed = Vector128.Shuffle(value.AsByte(), Vector128.CreateScalar(0x0C080400).AsByte());
        Unsafe.WriteUnaligned(ref target, packed.AsUInt32().ToScalar());
    }

    /// <summary>Writes eight bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreEight(Vector256<int> sum, ref byte target)
    {
        Vector128<short> words = Vector128.Narrow(Round(sum.GetLower()), Round(sum.GetUpper()));
        Unsafe.WriteUnaligned(ref target, Vector128.Narrow(words.AsUInt16(), words.AsUInt16()).AsUInt64().ToScalar());
    }

    /// <summary>
    /// Rounds to 8 bits. Weights are not negative, but with thousands of taps their rounding may add up to a little more than one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(Vector128<int> sum) =>
        Vector128.Min((sum + Vector128.Create(Half)) >> AxisWeights.FractionBits, Vector128.Create((int)byte.MaxValue));
}
