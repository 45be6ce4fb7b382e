using System.Globalization;

namespace NJepa.Samples.QuickStart.Options;

/// <summary>Reads the command line: <c>--name value</c> or <c>--name=value</c>, in any order, each option at most once.</summary>
internal static class CommandLine
{
    public const string Help =
        """
        Pretrains N-JEPA on images and shows what the features learned.

        Usage: dotnet run -c Release --project samples/NJepa.Samples.QuickStart -- [options]

          --images FOLDER_OR_ZIP   your images, one folder per class [default: pictures that this program draws]
          --output DIR             where everything is written [default: njepa-quickstart]
          --epochs N               passes over the images, 1 to 100000 [default: 14]
          --image-size N           side of the crops in pixels, 16 to 1024 [default: 64]
          --patch-size N           side of a patch in pixels, 2 to 64; divides the image size [default: 8]
          --model NAME             nano, tiny, small or base [default: nano]
          --device NAME            cpu, cuda, or auto: cuda where there is one [default: auto]
          --precision NAME         float32, tensorfloat32 (GPUs) or bfloat16 [default: float32]
          --seed N                 the same seed gives the same run on the CPU [default: 0]
          --resume                 go on with the unfinished run in --output; options that are not given are those it was begun with
          --help                   this text

        Ctrl+C (or SIGTERM) ends a run in good order: it is saved, and --resume goes on with it.
        Exit codes: 0 done, 1 failed, 2 wrongly called, 130 and 143 stopped by SIGINT and by SIGTERM, and saved.

        Example: dotnet run -c Release --project samples/NJepa.Samples.QuickStart -- --images photos.zip --epochs 50 --output run1

        """;

    private static readonly string[] Names =
        ["--images", "--output", "--epochs", "--image-size", "--patch-size", "--model", "--device", "--precision", "--seed", "--resume", "--help"];

    /// <summary>Reads the arguments.</summary>
    /// <param name="arguments">As passed to the program.</param>
    /// <param name="error">Null, or one line that lists everything that is wrong.</param>
    /// <returns>The options; their defaults where <paramref name="error"/> is not null.</returns>
    public static QuickStartOptions Parse(IReadOnlyList<string> arguments, out string? error)
    {
        var problems = new List<string>();
        var seen = new HashSet<string>();
        QuickStartOptions options = Begun(arguments) ?? new QuickStartOptions();
        for (int i = 0; i < arguments.Count; i++)
        {
            (string name, string? value) = Split(arguments[i]);
            if (name is "-h" or "-?" or "--help")
            {
                // Whoever asks for help gets it, whatever else is wrong.
                error = null;
                return new QuickStartOptions { Help = true };
            }

            if (!Names.Contains(name))
            {
                problems.Add(Unknown(arguments[i], name));
                // What follows is most likely its value, not a second mistake.
                i += value is null && name.StartsWith('-') && i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-') ? 1 : 0;
                continue;
            }

            if (name == "--resume")
            {
                options = options with { Resume = true };
                if (value is not null)
                {
                    problems.Add("--resume takes no value");
                }

                continue;
            }

            // "--epochs --seed 1" lacks a value; no value begins with two dashes.
            if (value is null && i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = arguments[++i];
            }

            if (!seen.Add(name))
            {
                problems.Add($"{name} is given twice; give it once");
            }
            else if (string.IsNullOrEmpty(value))
            {
                problems.Add($"{name} has no value; write '{name} {Example(name)}'");
            }
            else
            {
                options = Set(options, name, value, problems);
            }
        }

        problems.AddRange(options.Problems());
        error = problems.Count == 0 ? null : $"{string.Join("; ", problems)}. Run with --help to see all options.";
        return problems.Count == 0 ? options : new QuickStartOptions();
    }

    /// <summary>The options that the run was begun with that is to go on; null where there is no such run.</summary>
    private static QuickStartOptions? Begun(IReadOnlyList<string> arguments)
    {
        if (!arguments.Contains("--resume"))
        {
            return null;
        }

        string output = new QuickStartOptions().Output;
        for (int i = 0; i < arguments.Count; i++)
        {
            (string name, string? value) = Split(arguments[i]);
            if (name == "--output" && (value ?? arguments.ElementAtOrDefault(i + 1)) is { Length: > 0 } given)
            {
                output = given;
            }
        }

        return BegunOptions.Read(output) is { } begun ? begun with { Output = output } : null;
    }

    private static (string Name, string? Value) Split(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && equals > 0 ? (argument[..equals], argument[(equals + 1)..]) : (argument, null);
    }

    private static QuickStartOptions Set(QuickStartOptions options, string name, string value, List<string> problems) => name switch
    {
        "--images" => options with { Images = value },
        "--output" => options with { Output = value },
        "--epochs" => options with { Epochs = Integer(name, value, options.Epochs, problems) },
        "--image-size" => options with { ImageSize = Integer(name, value, options.ImageSize, problems) },
        "--patch-size" => options with { PatchSize = Integer(name, value, options.PatchSize, problems) },
        "--model" => options with { Model = value.ToLowerInvariant() },
        "--device" => options with { Device = value.ToLowerInvariant() },
        "--precision" => options with { Precision = value.ToLowerInvariant() },
        _ => options with { Seed = Seed(value, problems) },
    };

    private static int Integer(string name, string value, int fallback, List<string> problems)
    {
        if (int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            return number;
        }

        problems.Add($"{name} is '{value}'; it must be a whole number");
        return fallback;
    }

    private static ulong Seed(string value, List<string> problems)
    {
        if (ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed))
        {
            return seed;
        }

        problems.Add($"--seed is '{value}'; it must be a whole number from 0 to {ulong.MaxValue}");
        return 0;
    }

    private static string Example(string name) => name switch
    {
        "--images" => "photos",
        "--output" => "run1",
        "--model" => "nano",
        "--device" => "cpu",
        "--precision" => "float32",
        "--image-size" => "64",
        "--patch-size" => "8",
        _ => "1",
    };

    private static string Unknown(string argument, string name)
    {
        string nearest = Names.MinBy(known => EditDistance(known, name))!;
        string hint = EditDistance(nearest, name) <= 3 ? $" (the nearest is {nearest})" : "";
        return $"'{argument}' is no option of this program{hint}";
    }

    private static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
