using static System.FormattableString;

namespace NJepa.Models;

/// <summary>Which numbers of channels a token can have: multiples of 4 (sines and cosines of two axes) that the heads divide, up to a bound that keeps every matrix within an array.</summary>
internal static class TokenWidth
{
    public const int Max = 16384;
    public const int MaxMlp = 65536;

    public static IEnumerable<string> Problems(string owner, int width, int heads, double mlpRatio)
    {
        if (heads is < 1 or > Max)
        {
            yield return Invariant($"{owner}.Heads is {heads}; it must be from 1 to {Max}.");
        }

        if (width is < 4 or > Max || width % 4 != 0)
        {
            yield return Invariant($"{owner}.Width is {width}; it must be a multiple of 4 (sines and cosines of two axes) from 4 to {Max}.");
        }
        else if (heads is >= 1 and <= Max && width % heads != 0)
        {
            yield return Invariant($"{owner}.Width is {width}, which {heads} heads do not divide; choose a multiple of 4 and {heads} such as {Nearest(width, heads)}.");
        }

        if (!(mlpRatio > 0 && mlpRatio <= 64))
        {
            yield return Invariant($"{owner}.MlpRatio is {mlpRatio}; it must be above 0 and at most 64 (default 4).");
        }
        else if (width is >= 4 and <= Max && Mlp(width, mlpRatio) is < 1 or > MaxMlp)
        {
            yield return Invariant($"{owner}.MlpRatio is {mlpRatio}, which makes the MLP of a network of width {width} {Mlp(width, mlpRatio)} wide; it must be from 1 to {MaxMlp}. Use the default, 4.");
        }
    }

    public static int Mlp(int width, double ratio) => (int)Math.Round(width * ratio);

    /// <summary>The largest width up to <paramref name="width"/>, or else the smallest of all, that 4 and the heads divide.</summary>
    public static int AtMost(int width, int heads)
    {
        int step = Step(heads);
        return Math.Max(1, width / step) * step;
    }

    private static int Nearest(int width, int heads)
    {
        int step = Step(heads);
        return Math.Max(1, (int)Math.Round(width / (double)step)) * step;
    }

    // The least common multiple of 4 and the heads.
    private static int Step(int heads) => heads % 4 == 0 ? heads : heads % 2 == 0 ? 2 * heads : 4 * heads;
}
