using System.Runtime.CompilerServices;

namespace NJepa;

/// <summary>What a stream of random numbers is for. Streams of different purposes never share numbers.</summary>
internal enum RandomPurpose : ulong
{
    MaskSize = 1,
    MaskPosition = 2,
    MaskCut = 3,
    NoiseLevel = 4,
    NoiseMap = 5,
    Initialization = 6,
    DataOrder = 7,
    Crop = 8,
    Flip = 9,
    Evaluation = 10,
    CollapseProbe = 11,
    DataSplit = 20,
    ReplacementImage = 21,
    Drawing = 100,
}

/// <summary>
/// Random numbers from a counter: <c>(seed, purpose, step, index)</c> names a stream, and number <c>i</c> of a stream is a
/// pure function of the name and <c>i</c>. There is no hidden state, so the same numbers come out for any number of threads or processes,
/// and a resumed run needs nothing but its step. The function is SplitMix64 (Steele, Lea, Flood 2014), a bijective
/// mix of a Weyl sequence; streams start at mixed, practically unrelated points of it.
/// </summary>
internal struct CounterRandom
{
    /// <summary>The increment of the Weyl sequence: 2^64 divided by the golden ratio, made odd.</summary>
    internal const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong _state;

    private CounterRandom(ulong state) => _state = state;

    /// <summary>The stream named by seed, purpose, step (or epoch) and index (global sample, block, ...).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CounterRandom Create(ulong seed, RandomPurpose purpose, long step = 0, long index = 0) =>
        new(Key(seed, purpose, step, index));

    /// <summary>The start of a stream: number i of it (from 0) is <c>Mix(key + (i + 1) * Increment)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(ulong seed, RandomPurpose purpose, long step = 0, long index = 0)
    {
        ulong key = Mix(seed + Increment);
        key = Mix(key ^ ((ulong)purpose * 0xD1342543DE82EF95));
        key = Mix(key + ((ulong)step * 0xA0761D6478BD642F));
        return Mix(key ^ ((ulong)index * 0xE7037ED1A0B428DB) ^ 0x8EBC6AF09C88C6E3);
    }

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong NextUInt64() => Mix(_state += Increment);

    /// <summary>A double in [0, 1) with 53 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>An integer in [0, <paramref name="exclusiveMax"/>), which must be at least 1. The bias is below 2^-32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextInt(int exclusiveMax) => (int)(((NextUInt64() >> 32) * (ulong)(uint)exclusiveMax) >> 32);

    /// <summary>Two independent standard normal numbers (Box and Muller, in double precision).</summary>
    public (double First, double Second) NextNormalPair()
    {
        double radius = Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
        (double sin, double cos) = Math.SinCos(2.0 * Math.PI * NextDouble());
        return (radius * cos, radius * sin);
    }

    /// <summary>Puts <paramref name="items"/> into a uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>A bijection of 64 bits in which every input bit flips every output bit with probability near one half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
