using System.Text;

namespace NJepa.FaultInjection.Fuzzing;

/// <summary>Damages a small JSON file in the ways that disks, programs and people do.</summary>
internal static class Mutator
{
    private const int MaxNesting = 100_000;
    private static readonly string[] Values =
    [
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "4611686018427387904", "2147483648", "-1", "0", "1e308", "1e999999999", "-1e-999999999", "0.1", "NaN",
        "1" + new string('0', 5000), "0." + new string('9', 5000), "null", "true", "\"1\"", "[]", "{}", "\"\\ud800\"", "\"\\u0000\"", "\"" + new string('a', 5000) + "\"",
    ];

    /// <summary>A changed copy.</summary>
    /// <param name="source">A file.</param>
    /// <param name="others">Files of all kinds.</param>
    /// <param name="random">Which changes.</param>
    public static byte[] Mutate(byte[] source, IReadOnlyList<byte[]> others, Random random)
    {
        byte[] bytes = [.. source];
        for (int i = 1 + random.Next(4); i > 0; i--)
        {
            bytes = random.Next(10) switch
            {
                0 or 1 => Flip(bytes, random),
                2 => Insert(bytes, random.Next(bytes.Length + 1), Noise(random)),
                3 => Delete(bytes, random),
                4 => bytes[..random.Next(bytes.Length + 1)],
                5 => Insert(bytes, random.Next(bytes.Length + 1), Slice(bytes, random)),
                6 or 7 => ReplaceValue(bytes, random),
                8 => Nest(bytes, random),
                _ => Other(bytes, others[random.Next(others.Count)], random),
            };
        }

        return bytes;
    }

    private static byte[] Flip(byte[] bytes, Random random)
    {
        for (int i = random.Next(8); i >= 0 && bytes.Length > 0; i--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[1 + random.Next(random.Next(10) == 0 ? 10_000 : 16)];
        random.NextBytes(noise);
        return noise;
    }

    private static byte[] Slice(byte[] bytes, Random random)
    {
        int start = random.Next(bytes.Length + 1);
        return bytes[start..(start + random.Next(bytes.Length - start + 1))];
    }

    private static byte[] Insert(byte[] bytes, int place, ReadOnlySpan<byte> more) => [.. bytes.AsSpan(0, place), .. more, .. bytes.AsSpan(place)];

    private static byte[] Delete(byte[] bytes, Random random)
    {
        int start = random.Next(bytes.Length + 1), end = Math.Min(bytes.Length, start + 1 + random.Next(random.Next(4) == 0 ? 1000 : 8));
        return [.. bytes.AsSpan(0, start), .. bytes.AsSpan(end)];
    }

    // Stays JSON: what is behind a colon, a comma or a bracket becomes another value.
    private static byte[] ReplaceValue(byte[] bytes, Random random)
    {
        int near = random.Next(bytes.Length + 1), found = bytes.AsSpan(near).IndexOfAny((byte)':', (byte)',', (byte)'[');
        int from = near + found + 1, length = found < 0 ? -1 : bytes.AsSpan(from).IndexOfAny((byte)',', (byte)']', (byte)'}');
        return length < 0 ? bytes : [.. bytes.AsSpan(0, from), .. Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]), .. bytes.AsSpan(from + length)];
    }

    private static byte[] Nest(byte[] bytes, Random random)
    {
        int depth = random.Next(random.Next(20) == 0 ? MaxNesting : 200);
        string opening = random.Next(2) == 0 ? "[" : "{\"a\":", closing = opening == "[" ? "]" : "}";
        var text = new StringBuilder().Insert(0, opening, depth).Append('1');
        if (random.Next(2) == 0)
        {
            text.Insert(text.Length, closing, depth);
        }

        // Behind a colon it is a value.
        int near = random.Next(bytes.Length + 1), colon = bytes.AsSpan(near).IndexOf((byte)':');
        return Insert(bytes, colon < 0 ? bytes.Length : near + colon + 1, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static byte[] Other(byte[] bytes, byte[] other, Random random) => random.Next(3) switch
    {
        0 => [.. other],
        1 => Insert(bytes, random.Next(bytes.Length + 1), Slice(other, random)),
        _ => [.. bytes.AsSpan(0, random.Next(bytes.Length + 1)), .. other.AsSpan(random.Next(other.Length))],
    };
}
