using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NJepa.Data;

/// <summary>How a pixel lies in memory. Implemented by structs, so that each layout gets machine code of its own.</summary>
internal interface IPixelLayout
{
    /// <summary>Bytes of a pixel.</summary>
    static abstract int Size { get; }

    /// <summary>Two neighbouring pixels as 2 x 4 sums; the fourth of each is not used. Reads 8 bytes.</summary>
    static abstract Vector256<int> LoadTwo(ref byte source);
}

/// <summary>Red, green, blue and a byte that is not used, as decoders write them.</summary>
internal readonly struct RgbxLayout : IPixelLayout
{
    public const int Bytes = 4;

    public static int Size => Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadTwo(ref byte source) => PixelVector.WidenEight(ref source);
}

/// <summary>Red, green, blue, as they are packed on disk.</summary>
internal readonly struct RgbLayout : IPixelLayout
{
    public const int Bytes = 3;

    public static int Size => Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadTwo(ref byte source) => PixelVector.Widen(
        Vector128.Shuffle(PixelVector.LoadEight(ref source), Vector128.Create(0xFF050403_FF020100ul, 0).AsByte()));
}
