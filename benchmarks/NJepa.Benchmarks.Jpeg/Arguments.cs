using System.Globalization;
using NJepa.Data;

namespace NJepa.Benchmarks.Jpeg;

/// <summary>The command line.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Times "JPEG file to random resized crop" on one thread, this library and Pillow side by side on the same files and boxes.

          NJepa.Benchmarks.Jpeg [PATH] [--synthesize 12mp] [--images N] [--rounds N] [--size S] [--seed N] [--whole] [--python COMMAND] [--help]

          PATH                a folder or a zip of JPEG files
          --synthesize 12mp   makes photos of 4000 x 3000 pixels in a temporary folder: from those of PATH, enlarged and with a camera's
                              noise, or from drawings where no PATH is given
          --images N          the number of images (default: all; 8 with --synthesize)
          --rounds N          timed rounds after the warm-up (default 7)
          --size S            the side of the crop in pixels (default 224)
          --seed N            the seed of the crop boxes (default 1)
          --whole             times this library without PartialDecoding, for comparison
          --python COMMAND    the Python that has Pillow (default python3)
          --help              prints this
        """;

    public string? Path { get; private init; }

    public bool Synthesize { get; private init; }

    public int? Images { get; private init; }

    public int Rounds { get; private init; } = 7;

    public int Size { get; private init; } = 224;

    public int Seed { get; private init; } = 1;

    public bool Whole { get; private init; }

    public string Python { get; private init; } = "python3";

    public bool ShowHelp { get; private init; }

    /// <exception cref="ArgumentException">The command line is wrong; the message says what, and what is allowed.</exception>
    public static Arguments Parse(string[] args)
    {
        var parsed = new Arguments();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            string Next() => ++i < args.Length ? args[i] : throw new ArgumentException($"{name} needs a value. --help lists the options.");
            int Number(int least, int most) => int.TryParse(Next(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
                ? value
                : throw new ArgumentException($"{name} is {args[i]}; it must be a whole number from {least} to {most}.");
            parsed = name switch
            {
                "--synthesize" => Next() == "12mp"
                    ? parsed with { Synthesize = true }
                    : throw new ArgumentException($"--synthesize is {args[i]}; it must be 12mp."),
                "--images" => parsed with { Images = Number(1, int.MaxValue) },
                "--rounds" => parsed with { Rounds = Number(1, 10_000) },
                "--size" => parsed with { Size = Number(1, ImageTransform.MaxImageSize) },
                "--seed" => parsed with { Seed = Number(0, int.MaxValue) },
                "--whole" => parsed with { Whole = true },
                "--python" => parsed with { Python = Next() },
                "--help" or "-h" => parsed with { ShowHelp = true },
                _ when name.StartsWith('-') => throw new ArgumentException($"The option {name} is not known. --help lists the options."),
                _ when parsed.Path is not null => throw new ArgumentException(
                    $"A second path, {name}, was given beside {parsed.Path}; the program takes one folder or zip. --help lists the options."),
                _ => parsed with { Path = name },
            };
        }

        return parsed.Path is not null || parsed.Synthesize || parsed.ShowHelp
            ? parsed
            : throw new ArgumentException("Neither a PATH nor --synthesize was given; one of them says what to measure. --help lists the options.");
    }
}
