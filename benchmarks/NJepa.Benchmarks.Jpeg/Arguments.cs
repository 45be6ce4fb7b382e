using System.Globalization;

namespace NJepa.Benchmarks.Jpeg;

/// <summary>The command line.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Times "JPEG file to random resized crop" on one thread, this library and Pillow side by side on the same files and boxes.

          NJepa.Benchmarks.Jpeg [PATH] [--synthesize 12mp] [--images N] [--rounds N] [--size S] [--seed N] [--whole] [--python COMMAND]

          PATH                a folder or a zip of JPEG files
          --synthesize 12mp   makes photos of 4000 x 3000 pixels in a temporary folder: from those of PATH, enlarged and with a camera's
                              noise, or from drawings where no PATH is given
          --images N          the number of images (default: all; 8 with --synthesize)
          --rounds N          timed rounds after the warm-up (default 7)
          --size S            the side of the crop in pixels (default 224)
          --seed N            the seed of the crop boxes (default 1)
          --whole             times this library without PartialDecoding, for comparison
          --python COMMAND    the Python that has Pillow (default python3)
        """;

    public string? Path { get; private init; }

    public bool Synthesize { get; private init; }

    public int? Images { get; private init; }

    public int Rounds { get; private init; } = 7;

    public int Size { get; private init; } = 224;

    public int Seed { get; private init; } = 1;

    public bool Whole { get; private init; }

    public string Python { get; private init; } = "python3";

    /// <exception cref="BenchmarkException">The command line is wrong.</exception>
    public static Arguments Parse(string[] args)
    {
        var parsed = new Arguments();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            string Next() => ++i < args.Length ? args[i] : throw new BenchmarkException($"{name} needs a value.");
            int Number(int least) => int.TryParse(Next(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least
                ? value
                : throw new BenchmarkException($"{name} is {args[i]}; it must be a whole number from {least} on.");
            parsed = name switch
            {
                "--synthesize" => Next() == "12mp"
                    ? parsed with { Synthesize = true }
                    : throw new BenchmarkException($"--synthesize is {args[i]}; it must be 12mp."),
                "--images" => parsed with { Images = Number(1) },
                "--rounds" => parsed with { Rounds = Number(1) },
                "--size" => parsed with { Size = Number(1) },
                "--seed" => parsed with { Seed = Number(0) },
                "--whole" => parsed with { Whole = true },
                "--python" => parsed with { Python = Next() },
                _ when name.StartsWith('-') || parsed.Path is not null => throw new BenchmarkException(
                    $"The argument {name} is not known.{Environment.NewLine}{Usage}"),
                _ => parsed with { Path = name },
            };
        }

        return parsed.Path is not null || parsed.Synthesize ? parsed : throw new BenchmarkException(Usage);
    }
}
